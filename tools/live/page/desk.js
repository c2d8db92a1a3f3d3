// Beside the chat: what to try, what can go wrong, and what is going on.

import {act, byId, element, redrawn} from "./dom.js";
import {world} from "./world.js";

const TRIES = [
  {text: "Be mallory and insult somebody.", who: "mallory", where: "general", say: "what an absolute loser"},
  {text: "Be ada, a moderator, and look at the card.", who: "ada", where: "review"},
  {text: "Press Reasoning, then Delete. The message vanishes from #general, and the card says who did it.", who: "ada", where: "review"},
  {text: "Harsh, but about no person: no card appears.", who: "mallory", where: "general", say: "this boss fight is garbage"},
  {text: "Say it, then edit it (arrow up, or tap it and Edit) into something harmless. The card shows both.", who: "mallory", where: "general", say: "nobody here likes you, pathetic clown"},
  {text: "Be nils, whose account is one day old, and offer free gifts. The card warns of the new account.", who: "nils", where: "help", say: "free nitro giveaway, claim it at http://dlscord-gift.example"},
  {text: "Press More on a card: time the author out, look at precedents, or tell them first what they would read.", who: "ada", where: "review"},
  {text: "Report a message: hold it (or point at it), Apps, Report to moderators.", who: "nils", where: "general"},
  {text: "See what waits: /queue", who: "ada", where: "review", say: "/queue"},
  {text: "Change the rules in a form: /policy edit", who: "olga", where: "review", say: "/policy edit"},
  {text: "Look at the figures: /stats", who: "ada", where: "review", say: "/stats"},
  {text: "Let members be told what was decided: /safeguild settings with notices. Then decide, and be mallory: the notice is in the direct messages, with Appeal below it.", who: "olga", where: "review", say: "/safeguild settings"},
  {text: "Be the owner and ask how the bot is: /safeguild status", who: "olga", where: "review", say: "/safeguild status"},
  {text: "Set a policy to shadow: judged and counted, no cards.", who: "olga", where: "review", say: "/policy mode"},
];
const TROUBLES = [
  ["burst", "500 messages at once", "Five of them are insults: five cards, unless Harassment is in shadow."],
  ["disconnect", "Cut the gateway", "The bot comes back and gets what it missed."],
  ["forget", "End its session", "The bot logs in anew and reads the channels' history."],
  ["kill", "kill -9 the bot", "It is started again after 2 seconds, and goes on where it was."],
  ["outage", "Discord outage, 10 s", "Every request fails. Write something meanwhile."],
  ["slow", "Slow Discord", "The bot's next 20 requests take half a second longer."],
];
const STATES = {
  starting: ["wait", "the bot is starting"], away: ["bad", "the bot is cut off"], killed: ["bad", "the bot is gone"], ended: ["bad", "the bot has ended"],
};

export function drawTries(play) {
  byId("tries").replaceChildren(...TRIES.map((each) => element("li", {}, element("button.try", {
    type: "button", on: {click: () => play(each)},
  }, each.text))));
}

export function drawTroubles() {
  byId("troubles").replaceChildren(...TROUBLES.map(([name, label, note]) => element("button.trouble", {
    type: "button", on: {click: () => act(`trouble/${name}`, {})},
  }, element("strong", {}, label), element("span", {}, note))));
}

/** The strip below the channel's name, and the error of a bot that ended. */
export function drawHealth() {
  const health = world.health;
  if (!health) return;
  const lights = world.connected ? lightsFor(health) : [["bad", "make live does not answer: is it still running?"]];
  redrawn(byId("strip"), JSON.stringify(lights), () => lights.map(([kind, text, title = ""]) => element(`span.light${kind && `.${kind}`}`, {title}, text)));
  drawFault(health);
  drawHappenings(health.happenings);
}

function lightsFor(health) {
  const lights = [botLight(health)];
  if (health.outage) lights.push(["bad", "Discord is away"]);
  if (health.connected) lights.push(health.model_ready ? ["good", "model ready"] : ["wait", "model is loading"]);
  lights.push(["", `${health.waiting} waiting`, "Messages that wait for a verdict"]);
  lights.push(["", `${health.open_cards} open ${health.open_cards === 1 ? "card" : "cards"}`, "Cards that wait for a person"]);
  return lights;
}

function botLight(health) {
  if (health.connected) return ["good", "bot connected"];
  return STATES[health.bot];
}

function drawFault(health) {
  const fault = byId("fault");
  fault.hidden = !health.error;
  if (health.error && fault.dataset.shown !== health.error) {
    fault.replaceChildren(element("pre", {}, health.error),
      element("button.secondary", {type: "button", on: {click: () => act("trouble/start", {})}}, "Start it again"));
  }
  fault.dataset.shown = health.error ?? "";
}

function drawHappenings(happenings) {
  redrawn(byId("happenings"), JSON.stringify(happenings.at(-1)), () => [...happenings].reverse().map((each) => element(
    `li.${each.level}`, {},
    element("time", {}, new Date(each.at).toLocaleTimeString()), element("b", {}, each.source), element("span", {}, each.text))));
}
