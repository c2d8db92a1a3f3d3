// Points in time, as Discord's client shows them, kept up to date while they are on the screen.

const STEPS = [[31536000, "year"], [2592000, "month"], [86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
const RELATIVE = new Intl.RelativeTimeFormat(undefined, {numeric: "always"});
const STYLES = {
  t: {timeStyle: "short"}, T: {timeStyle: "medium"}, d: {dateStyle: "short"}, D: {dateStyle: "long"},
  f: {dateStyle: "long", timeStyle: "short"}, F: {dateStyle: "full", timeStyle: "short"},
};

function relative(moment) {
  const seconds = Math.round((moment - Date.now()) / 1000);
  const [size, unit] = STEPS.find(([step]) => Math.abs(seconds) >= step) ?? [1, "second"];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

function format(moment, style) {
  if (style === "R") return relative(moment);
  return new Intl.DateTimeFormat(undefined, STYLES[style] ?? STYLES.f).format(moment);
}

/** A <time>; `style` is one of Discord's letters. */
export function timeElement(moment, style) {
  const made = document.createElement("time");
  const valid = !Number.isNaN(moment.getTime());
  made.textContent = valid ? format(moment, style) : "an unknown time";
  if (valid) {
    made.dateTime = moment.toISOString();
    made.dataset.style = style;
    made.title = format(moment, "F");
  }
  return made;
}

setInterval(() => {
  for (const shown of document.querySelectorAll('time[data-style="R"]')) {
    const text = relative(new Date(shown.dateTime));
    if (shown.textContent !== text) shown.textContent = text;
  }
}, 1000);
