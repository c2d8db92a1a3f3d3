// Slash commands: the list that opens at "/", and the form for a command's options.

import {act, byId, element} from "./dom.js";
import {actAndOpen} from "./forms.js";
import {personOf, world} from "./world.js";

const STRING = 3, INTEGER = 4, BOOLEAN = 5, USER = 6, CHANNEL = 7, ROLE = 8, NUMBER = 10, FILE = 11;
const PAUSE = 150; // milliseconds of quiet before the bot is asked for choices
let chosen = 0;

/** The commands that the person may use and that fit what was typed. */
export function fitting(me, typed) {
  const offered = new Set(personOf(me)?.commands ?? []);
  const words = typed.slice(1).trim().toLowerCase();
  return world.commands.filter((each) => offered.has(each.words.split(" ")[0]) && each.words.includes(words));
}

/** Draw the list. `pick` is called with the chosen command. */
export function drawMenu(me, typed, pick) {
  const menu = byId("menu");
  const found = typed.startsWith("/") ? fitting(me, typed) : [];
  menu.hidden = !typed.startsWith("/");
  chosen = Math.min(chosen, Math.max(found.length - 1, 0));
  menu.replaceChildren(...found.map((command, index) => element("button.command", {
    type: "button", role: "option", "aria-selected": String(index === chosen), on: {click: () => pick(command)},
  }, element("strong", {}, `/${command.words}`), element("span", {}, command.description))));
  if (!found.length) menu.append(element("p.empty", {}, nothing(me)));
  menu.children[chosen]?.scrollIntoView({block: "nearest"});
  return found;
}

function nothing(me) {
  const name = personOf(me)?.name;
  if (!world.commands.length) return "The bot has not registered its commands yet.";
  return personOf(me)?.commands.length ? "No command fits." : `${name} has no commands: they are for moderators and the owner.`;
}

/** Move the choice up or down; answers with the chosen command. */
export function move(found, step) {
  chosen = found.length ? (chosen + step + found.length) % found.length : 0;
  return found[chosen];
}

export const chosenOf = (found) => found[chosen];

/** The form of a command's options. `done` is called when it was sent or given up. */
export function openForm(command, me, channel, view, done) {
  chosen = 0;
  const inputs = new Map();
  const fields = byId("fields");
  const rows = command.options.map((option) => {
    const input = inputFor(option, () => complete(command, option, inputs, me, channel));
    inputs.set(option.name, input);
    return element("label.option", {}, element("span", {}, element("b", {}, option.name), option.required ? "" : " (optional)",
      element("small", {}, option.description)), input.node);
  });
  const send = element("button.send", {type: "submit"}, "Use it");
  const cancel = element("button.secondary", {type: "button", on: {click: done}}, "Cancel");
  fields.replaceChildren(element("strong.command-name", {}, `/${command.words}`),
    element("span.command-note", {}, command.description), ...rows, element("div.buttons", {}, send, cancel));
  fields.hidden = false;
  fields.querySelector("input, select, .send")?.focus();
  return async () => {
    const options = valuesOf(inputs);
    const files = await filesOf(inputs);
    done();
    await actAndOpen("use", {person: me, channel, words: command.words, options, files}, view);
  };
}

const valuesOf = (inputs) => Object.fromEntries(
  [...inputs].filter(([, input]) => input.value).map(([name, input]) => [name, input.value()]));

/** The files that were chosen, {option: {name, content as base64}}. */
async function filesOf(inputs) {
  const chosen = [...inputs].filter(([, input]) => input.file?.());
  return Object.fromEntries(await Promise.all(chosen.map(async ([name, input]) => {
    const file = input.file();
    const bytes = new Uint8Array(await file.arrayBuffer());
    return [name, {name: file.name, content: btoa([...bytes].map((each) => String.fromCharCode(each)).join(""))}];
  })));
}

function inputFor(option, asked) {
  if (option.type === FILE) {
    const chooser = element("input", {type: "file", required: Boolean(option.required)});
    return {node: chooser, file: () => chooser.files[0]};
  }
  const choices = choicesOf(option);
  if (choices) return selectFor(option, choices);
  const kind = [INTEGER, NUMBER].includes(option.type) ? "number" : "text";
  const input = element("input", {type: kind, required: Boolean(option.required)});
  const limits = {min_length: "minLength", max_length: "maxLength", min_value: "min", max_value: "max"};
  for (const [name, property] of Object.entries(limits)) if (option[name] !== undefined) input[property] = option[name];
  return option.autocomplete ? completedFor(input, asked) : {node: input, value: () => input.value};
}

function choicesOf(option) {
  if (option.type === CHANNEL) {
    return world.place.channels.filter((each) => each.kind !== "dm").filter((each) => !option.channel_types || option.channel_types.includes(each.type))
      .map((each) => ({name: `#${each.name}`, value: each.id}));
  }
  if (option.type === ROLE) return world.place.roles.map((each) => ({name: each.name, value: each.id}));
  if (option.type === USER) return world.place.members.map((each) => ({name: each.name, value: each.id}));
  if (option.type === BOOLEAN) return [{name: "yes", value: "true"}, {name: "no", value: "false"}];
  return option.type === STRING && option.choices?.length ? option.choices : null;
}

function selectFor(option, choices) {
  const empty = element("option", {value: ""}, option.required ? "choose …" : "leave as it is");
  const select = element("select", {required: Boolean(option.required)}, empty,
    ...choices.map((each) => element("option", {value: String(each.value)}, each.name)));
  return {node: select, value: () => select.value};
}

function completedFor(input, asked) {
  const list = element("div.completions", {hidden: true});
  let picked = null; // what the shown text stands for
  let timer = 0;
  const offer = async () => {
    const choices = await asked();
    list.replaceChildren(...choices.map((choice) => element("button.secondary", {type: "button", on: {click: () => {
      picked = choice.value;
      input.value = choice.name;
      list.hidden = true;
    }}}, choice.name)));
    list.hidden = !choices.length;
  };
  input.addEventListener("input", () => { picked = null; clearTimeout(timer); timer = setTimeout(offer, PAUSE); });
  offer();
  return {node: element("div", {}, input, list), value: () => picked ?? input.value};
}

async function complete(command, option, inputs, me, channel) {
  const options = valuesOf(inputs);
  const answer = await act("complete", {person: me, channel, words: command.words, options, focused: option.name});
  return answer?.choices ?? [];
}
