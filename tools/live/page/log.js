// The messages of the channel that is open, kept in step with the world without drawing anything twice.

import {act, byId, element} from "./dom.js";
import {answerElement, messageElement} from "./messages.js";
import {byTime, channelOf, findMessage, messagesOf, world} from "./world.js";

const MOST_SHOWN = 150;
const TOGETHER = 7 * 60 * 1000; // milliseconds in which messages of one author stand together
const forgotten = new Set(); // failed interactions that were read
let drawn = new Map(); // {id: {key, node}}
let drawnFor = "";
let atEnd = true;

/** Keep the newest message in sight while the window changes its size, and let a tap show a message's tools. */
export function watchLog() {
  const log = byId("log");
  log.addEventListener("scroll", () => { atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80; });
  log.addEventListener("click", (event) => {
    const tapped = event.target.closest("button, a, time, select") ? null : event.target.closest(".message");
    for (const other of log.querySelectorAll(".tapped")) if (other !== tapped) other.classList.remove("tapped");
    tapped?.classList.toggle("tapped");
  });
  new ResizeObserver(() => { if (atEnd) log.scrollTop = log.scrollHeight; }).observe(log);
}

/** Draw the channel for the person. `view` is what the messages need. */
export function drawLog(channel, view) {
  const log = byId("log");
  const toEnd = atEnd || drawnFor !== `${channel.id} ${view.me}`;
  drawnFor = `${channel.id} ${view.me}`;
  const nodes = channel.kind === "forum" ? forumNodes(channel, view) : messageNodes(channel, view);
  replaceChildren(log, nodes.length ? nodes : [element("p.empty", {}, emptiness(channel))]);
  if (toEnd) log.scrollTop = log.scrollHeight;
}

/** Show a message and light it up. */
export function lightUp(id) {
  const shown = byId(`m${id}`);
  if (!shown) return;
  shown.scrollIntoView({block: "center"});
  shown.classList.remove("lit");
  requestAnimationFrame(() => shown.classList.add("lit"));
}

function emptiness(channel) {
  if (channel.name === "review") return "No cards yet. They appear here when the bot finds something.";
  return "Nothing has been written here yet.";
}

function messageNodes(channel, view) {
  const full = {...view, forget: (id) => { forgotten.add(id); view.redraw(); }};
  const messages = [...messagesOf(channel.id).values()].map((message) => ({id: message.id, message}));
  const answers = Object.values(world.answers)
    .filter((each) => each.person === view.me && each.channel === channel.id && !forgotten.has(each.id))
    .map((answer) => ({id: answer.messages.at(-1)?.id ?? answer.id, answer}));
  const items = [...messages, ...answers].sort((one, other) => byTime(one.id, other.id)).slice(-MOST_SHOWN);
  const kept = new Map();
  const nodes = [];
  let before = null;
  for (const item of items) {
    const node = nodeOf(item, full, kept);
    if (!node) continue;
    node.classList.toggle("follows", follows(item, before));
    nodes.push(node);
    before = item;
  }
  drawn = kept;
  return nodes;
}

function nodeOf({message, answer}, view, kept) {
  const id = message?.id ?? `answer ${answer.id}`;
  const shown = message ?? JSON.stringify(answer);
  const old = drawn.get(id);
  const about = `${view.me} ${view.mayWrite} ${view.mayDelete} ${view.apps} ${replyStands(message)}`;
  const same = old && old.shown === shown && old.about === about;
  const node = same ? old.node : message ? messageElement(message, view) : answerElement(answer, view);
  kept.set(id, {shown, about, node});
  return node;
}

const replyStands = (message) => Boolean(message?.message_reference && findMessage(message.message_reference.message_id));

function follows(item, before) {
  if (!item.message || !before?.message || item.message.message_reference) return false;
  const apart = new Date(item.message.timestamp) - new Date(before.message.timestamp);
  return item.message.author.id === before.message.author.id && apart < TOGETHER;
}

/** Like Element.replaceChildren, but what stays is not touched: focus and selection live on. */
function replaceChildren(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}

// A forum: its posts, and a form for a new one.

function forumNodes(channel, view) {
  const posts = world.place.channels.filter((each) => each.parent === channel.id);
  const rows = posts.map((post) => {
    const first = messagesOf(post.id).values().next().value;
    return element("button.post", {type: "button", on: {click: () => view.open(post.id)}},
      element("strong", {}, post.name), element("span", {}, first ? `${first.author.username}: ${first.content.slice(0, 120)}` : ""));
  });
  return [...rows, drawn.get("form")?.node ?? postForm(view)];
}

function postForm(view) {
  const title = element("input", {placeholder: "Title", maxLength: 100, required: true, "aria-label": "Title"});
  const text = element("textarea", {placeholder: "What is it about?", rows: 3, maxLength: 2000, required: true, "aria-label": "Text"});
  const form = element("form.new-post", {}, element("strong", {}, "New post"), title, text,
    element("button.send", {type: "submit"}, "Post"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const forum = channelOf(view.channel);
    const made = await act("post", {person: view.person(), channel: forum.id, title: title.value, content: text.value});
    drawn.delete("form");
    if (made) view.open(made.channel);
  });
  drawn.set("form", {node: form});
  return form;
}
