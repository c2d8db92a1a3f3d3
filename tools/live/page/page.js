// The page: who you are, which channel is open, and what you write.

import {chosenOf, drawMenu, move, openForm} from "./commands.js";
import {drawHealth, drawTries, drawTroubles} from "./desk.js";
import {actAndOpen} from "./forms.js";
import {act, byId, clearToasts, element, redrawn, toast} from "./dom.js";
import {drawLog, lightUp, watchLog} from "./log.js";
import {avatar} from "./messages.js";
import {channelOf, findMessage, follow, messagesOf, personOf, when, world} from "./world.js";

const now = {me: null, channel: null, replyTo: null, editing: null, form: null, found: []};

// What ids and links mean

const names = {
  user: (id) => world.names.users[id]?.name ?? id,
  role: (id) => { const name = world.names.roles[id] ?? id; return name.startsWith("@") ? name : `@${name}`; },
  channelLink(id) {
    const channel = channelOf(id);
    if (!channel) return element("span.mention", {}, "#deleted-channel");
    return element("button.mention", {type: "button", on: {click: () => open(id)}}, `#${channel.name}`);
  },
  link(address, shown) {
    const inside = /^https:\/\/discord\.com\/channels\/\d+\/(\d+)(?:\/(\d+))?$/.exec(address);
    if (inside) return element("button.link", {type: "button", on: {click: () => jump(inside[1], inside[2])}}, shown);
    return element("a", {href: address, target: "_blank", rel: "noopener noreferrer"}, shown);
  },
};

function view() {
  const me = personOf(now.me);
  return {
    me: now.me, channel: now.channel, names, jump, open, redraw, person: () => now.me,
    apps: channelOf(now.channel)?.kind === "dm" ? [] : me.apps,
    mayWrite: me.writes.includes(now.channel) && !me.timed_out_until, mayDelete: me.clears.includes(now.channel),
    reply: (message) => set({replyTo: message.id, editing: null}, true),
    edit: (message) => { set({editing: message.id, replyTo: null}, true); type(message.content); },
  };
}

// Moving around

function be(id) {
  const may = personOf(id);
  const channel = may.sees.includes(now.channel) ? now.channel : may.sees[0];
  set({me: id, channel, replyTo: null, editing: null});
  localStorage.setItem("me", may.name);
}

function open(channel) {
  clearToasts();
  if (!personOf(now.me).sees.includes(channel)) {
    const other = world.people.find((person) => person.sees.includes(channel));
    if (!other) return;
    toast(`${personOf(now.me).name} cannot see #${channelOf(channel)?.name}. You are ${other.name} now.`);
    now.me = other.id;
  }
  set({channel, replyTo: null, editing: null});
  showDrawer(null);
}

function jump(channel, message) {
  if (!channelOf(channel)) return toast("This channel is gone.", {problem: true});
  open(channel);
  if (message && !findMessage(message)) toast("This message is gone.");
  else if (message) requestAnimationFrame(() => lightUp(message));
}

function set(changes, focus = false) {
  Object.assign(now, changes);
  closeForm();
  redraw();
  if (focus) byId("text").focus();
}

function type(text) {
  byId("text").value = text;
  typed();
  byId("text").focus();
}

/** Bring the person to the start of something to try. */
function play({who, where, say}) {
  const person = world.people.find((each) => each.name === who);
  const channel = world.place.channels.find((each) => each.name === where);
  if (!person || !channel) return;
  clearToasts();
  set({me: person.id, channel: channel.id, replyTo: null, editing: null});
  showDrawer(null);
  if (say) type(say);
}

// Drawing

let waiting = false;

/** Draw everything that depends on the world, once for many changes. */
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); });
}

function draw() {
  if (!world.people.length) return;
  const me = personOf(now.me) ?? world.people.find((each) => each.name === localStorage.getItem("me")) ?? world.people[0];
  now.me = me.id;
  if (!me.sees.includes(now.channel)) now.channel = me.sees[0];
  world.unread.delete(now.channel);
  byId("guild").textContent = world.place.name;
  drawPeople();
  drawChannels(me);
  drawBar(me);
  drawContext();
  drawLog(channelOf(now.channel), view());
}

function drawPeople() {
  const key = JSON.stringify([now.me, world.people.map((each) => [each.id, each.timed_out_until])]);
  redrawn(byId("people"), key, () => world.people.map((person) => element("button.person", {
    type: "button", role: "radio", "aria-checked": String(person.id === now.me), on: {click: () => be(person.id)},
  }, avatar({id: person.id, username: person.name}), element("span", {}, element("strong", {}, person.name),
    element("small", {}, person.timed_out_until ? "timed out" : person.part)))));
}

function drawChannels(me) {
  const roots = world.place.channels.filter((each) => !each.parent && me.sees.includes(each.id));
  const rows = roots.flatMap((each) => [each, ...world.place.channels.filter((post) => post.parent === each.id)]);
  const key = JSON.stringify([now.channel, rows.map((each) => [each, world.unread.get(each.id)])]);
  redrawn(byId("channels"), key, () => rows.map(channelButton));
  byId("side-dot").hidden = !rows.some((each) => world.unread.get(each.id));
}

function channelButton(channel) {
  const count = world.unread.get(channel.id) ?? 0;
  return element(channel.parent ? "button.channel.thread" : "button.channel", {
    type: "button", "aria-current": String(channel.id === now.channel), on: {click: () => open(channel.id)},
  }, element("span", {}, `${sign(channel)} ${channel.name}`), count ? element("i.count", {}, count > 99 ? "99+" : String(count)) : null);
}

const sign = (channel) => ({forum: "▤", public_thread: "└", dm: "✉"}[channel.kind] ?? "#");

function drawBar(me) {
  const channel = channelOf(now.channel);
  byId("channel-name").textContent = `${sign(channel).replace("└", "#")} ${channel.name}`;
  byId("channel-note").textContent = channel.kind === "dm" ? `between Safeguild and ${me.name}` : channel.name === "review" ? "only moderators see this" : `as ${me.name}, ${me.part}`;
  byId("composer").hidden = channel.kind === "forum";
  const text = byId("text");
  const objection = objectionTo(me);
  text.disabled = Boolean(objection);
  text.placeholder = objection ?? `Message #${channel.name} as ${me.name}`;
}

function objectionTo(me) {
  if (channelOf(now.channel)?.kind === "dm") return "The bot writes here; people press its buttons.";
  if (me.timed_out_until) return `${me.name} is timed out until ${new Date(me.timed_out_until).toLocaleTimeString(undefined, {timeStyle: "short"})}.`;
  return me.writes.includes(now.channel) ? null : `${me.name} may not write here.`;
}

function drawContext() {
  const about = findMessage(now.replyTo ?? now.editing);
  const context = byId("context");
  context.hidden = !about;
  if (!about) return;
  const text = now.replyTo ? `Replying to ${about.author.username}` : "Editing your message";
  context.replaceChildren(element("span", {}, text), element("button.icon", {
    type: "button", "aria-label": "Cancel", on: {click: () => { if (now.editing) type(""); set({replyTo: null, editing: null}); }},
  }, "✕"));
}

// Writing

function typed() {
  const text = byId("text");
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 160)}px`;
  now.found = drawMenu(now.me, now.editing ? "" : text.value, pick);
}

function pick(command) {
  type("");
  if (!command.options.length) {
    actAndOpen("use", {person: now.me, channel: now.channel, words: command.words, options: {}}, view());
    return;
  }
  now.form = openForm(command, now.me, now.channel, view(), closeForm);
  byId("line").hidden = true;
}

function closeForm() {
  now.form = null;
  byId("fields").hidden = true;
  byId("line").hidden = false;
}

async function send() {
  if (now.form) return now.form();
  const text = byId("text");
  const content = text.value.trim();
  if (content.startsWith("/") && !now.editing) return now.found.length ? pick(chosenOf(now.found)) : undefined;
  if (!content) return undefined;
  const deed = now.editing
    ? act("edit", {person: now.me, message: now.editing, content})
    : act("say", {person: now.me, channel: now.channel, content, reply_to: now.replyTo});
  type("");
  if (await deed) set({replyTo: null, editing: null});
  else if (!text.value) type(content);
  byId("log").scrollTop = byId("log").scrollHeight;
  return undefined;
}

function pressedKey(event) {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && !byId("menu").hidden) {
    event.preventDefault();
    move(now.found, event.key === "ArrowDown" ? 1 : -1);
    typed();
  } else if (event.key === "ArrowUp" && !byId("text").value) editLast();
}

function editLast() {
  const own = [...messagesOf(now.channel).values()].filter((message) => message.author.id === now.me);
  if (own.length) view().edit(own.at(-1));
}

function pressedEscape(event) {
  if (event.key !== "Escape") return;
  if (now.editing) type("");
  set({replyTo: null, editing: null});
  showDrawer(null);
  byId("menu").hidden = true;
}

// Narrow screens: the sides are drawers

function showDrawer(name) {
  for (const drawer of ["side", "desk"]) {
    byId(drawer).classList.toggle("shown", drawer === name);
    byId(`open-${drawer}`).setAttribute("aria-expanded", String(drawer === name));
  }
  byId("veil").hidden = !name;
}

function hearOfNew(message) {
  const card = message.author.bot && channelOf(message.channel_id)?.name === "review";
  if (!card || message.channel_id === now.channel) return;
  toast("A card appeared in #review.", {action: {label: "Show me", run: () => jump(message.channel_id, message.id)}});
}

function start() {
  byId("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  byId("text").addEventListener("input", typed);
  byId("text").addEventListener("keydown", pressedKey);
  document.addEventListener("keydown", pressedEscape);
  byId("open-side").addEventListener("click", () => showDrawer("side"));
  byId("open-desk").addEventListener("click", () => showDrawer("desk"));
  byId("close-desk").addEventListener("click", () => showDrawer(null));
  byId("veil").addEventListener("click", () => showDrawer(null));
  watchLog();
  drawTries(play);
  drawTroubles();
  when("people place names commands answers messages", redraw);
  when("health", drawHealth);
  when("new", hearOfNew);
  follow();
}

start();
