// Charts of the reports, by uPlot: colours from the style sheet, values by mouse or arrow keys.
// A chart is an element with data-chart: {x, ends, unit, zone, series: [{label, values, look, colour, hatched}]}.
/* global uPlot */

const lang = document.documentElement.lang;
const reading = document.getElementById("chart-reading");
const drawn = new Map(); // element -> uPlot
const number = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });
const DAY = 86_400;
const pen = new OffscreenCanvas(1, 1).getContext("2d");

/** A CSS variable as a colour a canvas understands: light-dark() is resolved by the browser. */
function colour(name, beside) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  beside.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function length(ms) {
  const seconds = Math.round(ms / 1000);
  const parts = [
    ["hour", Math.floor(seconds / 3600)],
    ["minute", Math.floor((seconds % 3600) / 60)],
    ["second", seconds % 60],
  ];
  const first = parts.findIndex(([, count]) => count > 0);
  if (first < 0) return unit(0, "second");
  return parts.slice(first, first + 2).filter(([, count]) => count > 0).map(([name, count]) => unit(count, name)).join(" ");
}

function unit(count, name) {
  return new Intl.NumberFormat(lang, { style: "unit", unit: name, unitDisplay: "narrow" }).format(count);
}

function worded(value, kind) {
  if (value == null) return "–";
  return kind === "share" ? percent.format(value) : kind === "ms" ? length(value) : number.format(value);
}

/** Stripes, opaque, for what must not be told by colour alone. */
function stripes(ink, ground) {
  const size = 6 * devicePixelRatio;
  const tile = new OffscreenCanvas(size, size);
  const pen = tile.getContext("2d");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = ink;
  pen.lineWidth = 2 * devicePixelRatio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

function stacked(bars, count) {
  const heights = new Array(count).fill(0);
  return bars.map((bar) => bar.values.map((value, at) => {
    if (value == null) return null;
    heights[at] += value;
    return value ? heights[at] : null;
  }));
}

function draw(element) {
  const chart = JSON.parse(element.dataset.chart);
  const ends = chart.x.map((_, at) => chart.x[at + 1] ?? chart.ends);
  const middles = chart.x.map((began, at) => (began + ends[at]) / 2);
  const step = chart.x.length ? ends[0] - chart.x[0] : DAY;
  const ground = colour("--surface", element);
  const bars = chart.series.filter((one) => one.look === "bar");
  const lines = chart.series.filter((one) => one.look !== "bar");
  // The tallest is painted first, so that each bar shows what it adds to the one below.
  const order = [...bars.keys()].reverse();
  const heights = stacked(bars, middles.length);
  const data = [middles, ...order.map((at) => heights[at]), ...lines.map((one) => one.values)];
  const legend = document.getElementById(`${element.id}-legend`);
  const values = writeLegend(legend, chart.series, element);
  const say = (at) => read(chart, ends, step, at);

  drawn.get(element)?.destroy();
  const plot = new uPlot({
    width: element.clientWidth,
    height: element.clientHeight,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), chart.zone),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 }, sync: { key: "report" } },
    scales: {
      x: { range: [chart.x[0], chart.ends] },
      y: { range: (_, low, high) => [0, chart.unit === "share" ? 1 : Math.max(high * 1.08, chart.unit === "ms" ? 60_000 : 4)] },
    },
    axes: axes(chart, element, middles, step),
    series: [{}, ...order.map((at) => barOf(bars[at], element, ground)), ...lines.map((one) => lineOf(one, element, middles.length))],
    bands: bandsOf(lines, 1 + bars.length, element),
    hooks: { setCursor: [(u) => showValues(values, chart, say, u.cursor.idx)] },
  }, data, element);
  drawn.set(element, plot);
  showValues(values, chart, say, null);
}

function barOf(bar, element, ground) {
  const ink = colour(bar.colour, element);
  return {
    fill: bar.hatched ? stripes(ink, ground) : ink,
    width: 0,
    paths: uPlot.paths.bars({ size: [0.82, 40], gap: 0, radius: 0 }),
    points: { show: false },
  };
}

function lineOf(line, element, count) {
  const ink = colour(line.colour, element);
  const looks = { line: { width: 2 }, before: { width: 1.5, dash: [5, 4] }, goal: { width: 1.5, dash: [1.5, 3] }, band: { width: 0 } };
  // A value between two steps without any would be no line at all: points show it.
  const points = { show: line.look === "line", size: count < 60 ? 5 : 3.5, fill: ink, stroke: ink };
  return { stroke: ink, spanGaps: false, points, ...looks[line.look] };
}

/** A range is two series of look "band", the upper edge first; what lies between is filled. */
function bandsOf(lines, from, element) {
  const edges = [...lines.keys()].filter((at) => lines[at].look === "band");
  if (edges.length < 2) return [];
  const fill = colour(lines[edges[0]].colour, element).replace(/^rgb\((.*)\)$/, "rgba($1, 0.18)");
  return [{ series: [from + edges[0], from + edges[1]], fill }];
}

/** How wide the numbers at the side are: "1m 30s" takes more room than "30". */
function roomFor(plot, words) {
  pen.font = `11px ${getComputedStyle(plot.root).fontFamily}`;
  return Math.ceil(Math.max(34, ...(words ?? []).map((word) => pen.measureText(word).width))) + 12;
}

function axes(chart, element, middles, step) {
  const ink = colour("--ink-quiet", element);
  const rule = { stroke: colour("--border", element), width: 1 };
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const look = { stroke: ink, font, ticks: { show: false }, border: { show: false } };
  const across = { ...look, grid: { show: false }, size: 26, space: 64 };
  if (step >= DAY) {
    const day = new Intl.DateTimeFormat(lang, { timeZone: chart.zone, day: "numeric", month: "short" });
    across.splits = (u) => {
      const stride = Math.max(1, Math.ceil(middles.length / Math.max(2, u.bbox.width / devicePixelRatio / 64)));
      return middles.filter((_, at) => at % stride === 0);
    };
    across.values = (_, splits) => splits.map((at) => day.format(at * 1e3));
  } else {
    const clock = new Intl.DateTimeFormat(lang, { timeZone: chart.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const day = new Intl.DateTimeFormat(lang, { timeZone: chart.zone, weekday: "short", day: "numeric" });
    across.values = (_, splits, __, ___, every) => splits.map((at) => {
      const time = clock.format(at * 1e3);
      return every >= DAY || (time === "00:00" && chart.ends - chart.x[0] > 2 * DAY) ? day.format(at * 1e3) : time;
    });
  }
  const up = { ...look, grid: rule, size: roomFor, space: 34, values: (_, splits) => splits.map((value) => worded(value, chart.unit)) };
  if (chart.unit === "ms") up.incrs = [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400].map((s) => s * 1000);
  if (chart.unit === "count") up.incrs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000];
  return [across, up];
}

function writeLegend(list, series, element) {
  list.replaceChildren();
  const values = series.map((one) => {
    const item = document.createElement("li");
    const swatch = document.createElement("span");
    swatch.className = `swatch swatch-${one.hatched ? "hatched" : one.look}`;
    swatch.style.setProperty("--swatch", colour(one.colour, element));
    const value = document.createElement("b");
    item.append(swatch, one.label, " ", value);
    list.append(item);
    return value;
  });
  const when = document.createElement("li");
  when.className = "chart-when";
  list.append(when);
  return { values, when };
}

function showValues({ values, when }, chart, say, at) {
  chart.series.forEach((one, number) => { values[number].textContent = at == null ? "" : worded(one.values[at], chart.unit); });
  when.textContent = at == null ? "" : say(at);
}

/** When a step was: "Thu 5 Mar, 10:15 – 10:30". */
function read(chart, ends, step, at) {
  const zone = { timeZone: chart.zone };
  const day = new Intl.DateTimeFormat(lang, { ...zone, weekday: "short", day: "numeric", month: "short" });
  if (step >= DAY) {
    return ends[at] - chart.x[at] > 1.5 * DAY ? day.formatRange(chart.x[at] * 1e3, ends[at] * 1e3 - 1) : day.format(chart.x[at] * 1e3);
  }
  return new Intl.DateTimeFormat(lang, { ...zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })
    .formatRange(chart.x[at] * 1e3, ends[at] * 1e3);
}

/** Arrow keys move the cursor; what it stands on is read out. */
function move(event) {
  const plot = drawn.get(event.currentTarget);
  const last = plot.data[0].length - 1;
  const at = plot.cursor.idx;
  const to = { ArrowRight: (at ?? -1) + 1, ArrowLeft: (at ?? last + 1) - 1, Home: 0, End: last }[event.key];
  if (event.key === "Escape") plot.setCursor({ left: -10, top: -10 });
  if (to === undefined || last < 0) return;
  event.preventDefault();
  const next = Math.min(last, Math.max(0, to));
  plot.setCursor({ left: plot.valToPos(plot.data[0][next], "x"), top: 0 });
  const chart = JSON.parse(event.currentTarget.dataset.chart);
  const said = chart.series.map((one) => `${one.label} ${worded(one.values[next], chart.unit)}`);
  const ends = chart.x.map((_, number) => chart.x[number + 1] ?? chart.ends);
  reading.textContent = [read(chart, ends, ends[0] - chart.x[0], next), ...said].join(", ");
}

function drawAll() {
  for (const element of document.querySelectorAll("[data-chart]")) draw(element);
}

for (const element of document.querySelectorAll("[data-chart]")) {
  element.addEventListener("keydown", move);
  new ResizeObserver(() => {
    const plot = drawn.get(element);
    if (plot && element.clientWidth) plot.setSize({ width: element.clientWidth, height: element.clientHeight });
  }).observe(element);
}
drawAll();
document.fonts.ready.then(drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

// A choice is shown at once, and keeps its focus; the button stays for whoever has no script.
const FOCUS = "report-focus";
for (const form of document.querySelectorAll("[data-report-form]")) {
  form.dataset.byItself = "";
  const kept = sessionStorage.getItem(FOCUS);
  sessionStorage.removeItem(FOCUS);
  if (kept) [...form.elements].find((one) => one.name === kept && (one.type !== "radio" || one.checked))?.focus();
  form.addEventListener("change", ({ target }) => {
    sessionStorage.setItem(FOCUS, target.name);
    form.requestSubmit();
  });
}
