"""Articles that come from other programs or go to them: folders of Markdown, tables, exports."""
