// Messages, cards and private answers as elements.

import {act, element} from "./dom.js";
import {actAndOpen} from "./forms.js";
import {inline, markdown} from "./markdown.js";
import {isMenu, messageMenu} from "./menus.js";
import {timeElement} from "./times.js";
import {findMessage, personOf} from "./world.js";

const BUTTON = 2;
const LOADING = 1 << 7, EPHEMERAL = 1 << 6;
const STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link"};

/** A message. `view` says who looks and what the page does: {me, names, apps, jump, reply, edit, mayDelete}. */
export function messageElement(message, view) {
  const made = element("article.message", {id: `m${message.id}`, "data-id": message.id});
  const body = element("div.body", {}, head(message), ...replied(message, view), content(message, view));
  for (const embed of message.embeds) body.append(embedElement(embed, message, view));
  const inEmbeds = new Set(message.embeds.map((embed) => pictureOf(embed, message)));
  for (const file of message.attachments) if (!inEmbeds.has(file)) body.append(fileElement(message, file));
  for (const row of message.components) body.append(rowElement(row, message, view));
  if (message.flags & EPHEMERAL) body.append(onlyYou(() => dismiss(message, view)));
  made.append(avatar(message.author), body);
  if (!(message.flags & EPHEMERAL)) made.append(tools(message, view));
  return made;
}

export function avatar(user) {
  const hue = [...user.username].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) >>> 0, 6) % 360;
  const made = element("div.avatar", {"aria-hidden": "true"}, user.username.slice(0, 1).toUpperCase());
  made.style.setProperty("--hue", user.bot ? 168 : hue);
  return made;
}

function head(message) {
  return element("div.head", {},
    element("strong", {}, message.author.global_name ?? message.author.username),
    message.author.bot ? element("span.tag", {}, "APP") : null,
    moment(message.timestamp));
}

/** A time of today by its clock, others with their date. */
function moment(text) {
  const when = new Date(text);
  return timeElement(when, when.toDateString() === new Date().toDateString() ? "t" : "f");
}

function replied(message, view) {
  const to = message.referenced_message;
  if (!message.message_reference) return [];
  if (!to || !findMessage(to.id)) return [element("div.replied", {}, "↪ the message is gone")];
  const text = to.content || "a card";
  return [element("button.replied", {type: "button", on: {click: () => view.jump(to.channel_id, to.id)}},
    `↪ ${to.author.username}: ${text.slice(0, 90)}`)];
}

function content(message, view) {
  if (message.flags & LOADING) return element("div.content.thinking", {}, "Safeguild is thinking …");
  const shown = markdown(element("div.content"), message.content, view.names);
  if (message.edited_timestamp && message.content) shown.append(" ", element("span.edited", {}, "(edited)"));
  return shown;
}

function embedElement(embed, message, view) {
  const made = element("div.embed");
  if (embed.color) made.style.setProperty("--edge", `#${embed.color.toString(16).padStart(6, "0")}`);
  if (embed.title) {
    const title = inline(document.createDocumentFragment(), embed.title, view.names);
    made.append(element("div.embed-title", {}, embed.url ? view.names.link(embed.url, title) : title));
  }
  if (embed.description) made.append(markdown(element("div.content"), embed.description, view.names));
  for (const field of embed.fields ?? []) {
    made.append(element(field.inline ? "div.field.inline" : "div.field", {},
      inline(element("div.field-name"), field.name, view.names),
      markdown(element("div.content"), field.value, view.names)));
  }
  const told = element("div.footer", {}, embed.footer?.text);
  if (embed.timestamp) told.append(embed.footer?.text ? " · " : "", moment(embed.timestamp));
  if (told.childNodes.length) made.append(told);
  const shown = pictureOf(embed, message);
  if (shown) made.append(pictureElement(message, shown));
  return made;
}

/** The attached file that an embed shows as its picture. */
function pictureOf(embed, message) {
  const name = embed.image?.url.split("/").at(-1);
  return message.attachments.find((file) => file.filename === name);
}

function pictureElement(message, file) {
  const address = `/files/${message.id}/${file.id}`;
  return element("a.picture", {href: address, target: "_blank", rel: "noopener"},
    element("img", {src: address, alt: file.description ?? file.filename, loading: "lazy"}));
}

function fileElement(message, file) {
  const size = file.size > 2048 ? `${Math.round(file.size / 1024)} KB` : `${file.size} bytes`;
  if (!message.author.bot) return element("div.file", {}, `📄 ${file.filename}`);
  if (file.filename.endsWith(".png")) return pictureElement(message, file);
  return element("a.file", {href: `/files/${message.id}/${file.id}`, download: file.filename},
    `📄 ${file.filename} (${size})`);
}

function rowElement(row, message, view) {
  return element("div.buttons", {}, ...(row.components ?? []).map((each) => {
    if (each.type === BUTTON) return buttonElement(each, message, view);
    return isMenu(each) ? messageMenu(each, (values) => press(each, message, view, values)) : null;
  }));
}

function press(control, message, view, values = null) {
  return actAndOpen("press", {person: view.me, message: message.id, custom_id: control.custom_id, values}, view);
}

function buttonElement(button, message, view) {
  const made = element(`button.${STYLES[button.style] ?? "secondary"}`, {type: "button", disabled: Boolean(button.disabled)},
    button.label ?? "");
  made.addEventListener("click", async () => {
    made.classList.add("busy");
    made.disabled = true;
    await press(button, message, view);
    made.classList.remove("busy");
    made.disabled = Boolean(button.disabled);
  });
  return made;
}

function tools(message, view) {
  const own = message.author.id === view.me;
  const deletable = own || view.mayDelete;
  const tool = (label, run) => element("button", {type: "button", on: {click: run}}, label);
  return element("div.tools", {},
    view.mayWrite ? tool("Reply", () => view.reply(message)) : null,
    own && view.mayWrite ? tool("Edit", () => view.edit(message)) : null,
    deletable ? tool("Delete message", () => act("delete", {person: view.me, message: message.id})) : null,
    view.apps.length ? appsMenu(message, view) : null);
}

/** Apps: the bot's commands about a message. */
function appsMenu(message, view) {
  const select = element("select.apps", {"aria-label": "Apps"}, element("option", {value: ""}, "Apps …"),
    ...view.apps.map((name) => element("option", {value: name}, name)));
  select.addEventListener("change", () => {
    const name = select.value;
    select.value = "";
    if (name) actAndOpen("apply", {person: view.me, message: message.id, name}, view);
  });
  return select;
}

function onlyYou(dismissed) {
  return element("div.only-you", {}, "Only you can see this · ",
    element("button.plain", {type: "button", on: {click: dismissed}}, "Dismiss message"));
}

function dismiss(message, view) {
  return act("dismiss", {person: view.me, message: message.id});
}

/** What one person sees of an answer to their command or press, besides the messages in it; null if nothing. */
export function answerElement(answer, view) {
  const who = personOf(answer.person)?.name ?? "Somebody";
  const began = answer.command ? `${who} used /${answer.command}` : `${who} pressed a button of the bot`;
  const parts = answer.messages.map((message) => messageElement(message, view));
  if (answer.state === "failed") parts.push(failure(answer, view));
  if (answer.state === "sent" && answer.command) parts.push(element("div.content.thinking", {}, "Sending the command …"));
  if (!parts.length) return null;
  return element("section.answer", {"data-id": answer.id}, element("div.began", {}, `↱ ${began}`), ...parts);
}

function failure(answer, view) {
  const what = answer.command ? "The application did not respond." : "This interaction failed.";
  return element("div.failed", {}, `${what} The bot did not answer within 3 seconds.`, onlyYou(() => view.forget(answer.id)));
}
