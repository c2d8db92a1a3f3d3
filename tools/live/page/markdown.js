// Discord's markup, as far as chats and cards use it: text in, elements out.

import {element} from "./dom.js";
import {timeElement} from "./times.js";

const FENCE = /```(?:[a-zA-Z0-9_+-]+\n)?\n?([\s\S]*?)\n?```\n?/;
const BODY = "((?:\\\\[\\s\\S]|[^\\\\])+?)"; // anything, with what is escaped taken as a whole
const INLINE = new RegExp([
  String.raw`\\(?<plain>[!-/:-@\[-\`{-~])`,
  String.raw`<@!?(?<user>\d+)>`,
  String.raw`<@&(?<role>\d+)>`,
  String.raw`<#(?<channel>\d+)>`,
  String.raw`<t:(?<time>-?\d{1,13})(?::(?<form>[tTdDfFR]))?>`,
  String.raw`</(?<command>[^:>\n]+):\d+>`,
  String.raw`\[(?<label>(?:\\.|[^\]\\\n])+)\]\((?<target>https?://[^\s()]+)\)`,
  String.raw`(?<link>https?://[^\s<>]+[^\s<>.,:;"'\])])`,
  "(?<ticks>`+)(?<code>(?:(?!\\k<ticks>)[\\s\\S])+?)\\k<ticks>(?!`)",
  String.raw`\*\*(?<bold>${BODY})\*\*(?!\*)`,
  String.raw`__(?<underline>${BODY})__(?!_)`,
  String.raw`~~(?<strike>${BODY})~~`,
  String.raw`\|\|(?<spoiler>${BODY})\|\|`,
  String.raw`\*(?=\S)(?<italic>(?:\\[\s\S]|[^\\*])+?)\*`,
  String.raw`(?<!\w)_(?=\S)(?<slanted>(?:\\[\s\S]|[^\\_])+?)_(?!\w)`,
].join("|"), "g");
const WRAPPED = {bold: "strong", underline: "u", strike: "s", italic: "em", slanted: "em"};
const DEEPEST = 8;

/** Fill `into` with a text. `names` knows what ids stand for and where links lead. */
export function markdown(into, text, names) {
  const pieces = text.split(FENCE); // every second piece is what stood in a block
  pieces.forEach((piece, index) => {
    if (index % 2) into.append(element("pre", {}, piece));
    else if (piece) lines(into, piece, names);
  });
  return into;
}

/** The same on one line: no blocks, no headings, no lists. */
export function inline(into, text, names, depth = 0) {
  let end = 0;
  for (const found of depth < DEEPEST ? text.matchAll(INLINE) : []) {
    into.append(text.slice(end, found.index), span(found.groups, names, depth + 1));
    end = found.index + found[0].length;
  }
  into.append(text.slice(end));
  return into;
}

function lines(into, text, names) {
  const shown = text.replace(/\n$/, "").split("\n");
  shown.forEach((line, index) => {
    const [, sign, rest] = /^(#{1,3} |-# |> |[-*] )?([\s\S]*)$/.exec(line);
    const block = rest && sign ? blockFor(sign) : null;
    if (block) into.append(inline(block, rest, names));
    else {
      inline(into, line, names);
      if (index < shown.length - 1) into.append("\n");
    }
  });
}

function blockFor(sign) {
  if (sign.startsWith("#")) return element(`div.heading`);
  if (sign === "-# ") return element("div.small");
  return element(sign === "> " ? "blockquote" : "div.item");
}

function span(groups, names, depth) {
  const kind = Object.keys(groups).find((name) => groups[name] !== undefined && name !== "ticks");
  const value = groups[kind];
  if (kind === "plain") return value;
  if (kind === "code") return element("code", {}, value);
  if (kind === "time") return timeElement(new Date(Number(value) * 1000), groups.form ?? "f");
  if (kind === "command") return element("span.mention", {}, `/${value}`);
  if (kind === "user") return element("span.mention", {}, `@${names.user(value)}`);
  if (kind === "role") return element("span.mention", {}, names.role(value));
  if (kind === "channel") return names.channelLink(value);
  if (kind === "link") return names.link(value, value);
  if (kind === "label") return names.link(groups.target, inline(document.createDocumentFragment(), value, names, depth));
  if (kind === "spoiler") return spoiler(value, names, depth);
  return inline(element(WRAPPED[kind]), value, names, depth);
}

function spoiler(text, names, depth) {
  const made = inline(element("span.spoiler", {role: "button", tabIndex: 0, title: "Show"}), text, names, depth);
  made.addEventListener("click", () => made.classList.add("shown"));
  return made;
}
