// Fills an untouched time zone field with the browser's own.
const field = document.querySelector("[data-guess-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && [...field.list.options].some((option) => option.value === zone)) field.value = zone;
