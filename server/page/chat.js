// The conversation. Whatever came from a person or a model goes into the page
// as text, never as markup.

import { live } from "./live.js";
import { me, save, settled } from "./identity.js";

const at = (id) => document.getElementById(id);
const box = at("message");
const view = at("scroll");

let following = true; // the end of the conversation is in sight
let stop = null; // closes the stream of the answer that is being written

function show(name, text) {
	const state = at("state");
	state.dataset.state = name;
	state.textContent = text ?? name;
}

// add puts a message at the end and returns the text that it holds.
function add(role, text) {
	const item = document.createElement("li");
	item.className = role;
	const speaker = document.createElement("span");
	speaker.className = "hidden";
	speaker.textContent = role === "user" ? "You: " : "Answer: ";
	const words = document.createTextNode(text);
	item.append(speaker, words);
	at("messages").append(item);
	at("empty").hidden = true;
	return words;
}

// follow keeps the newest line in sight, unless somebody has scrolled away from
// it.
function follow() {
	if (following) {
		view.scrollTop = view.scrollHeight;
	}
}

function busy(yes) {
	at("send").hidden = yes;
	at("stop").hidden = !yes;
}

// ask opens the stream of one answer and writes it as it comes.
function ask(message) {
	const words = add("model", "");
	const item = words.parentNode;
	item.setAttribute("aria-busy", "true"); // a screen reader reads it when it is whole
	following = true;
	follow();
	busy(true);
	me.asking = true;
	save();

	function end(state, note) {
		close();
		stop = null;
		me.asking = false;
		me.messages.push({ role: "model", text: words.data });
		save();
		item.removeAttribute("aria-busy");
		if (note) {
			const line = document.createElement("span");
			line.className = "end";
			line.textContent = note;
			item.append(line);
		}
		follow();
		busy(false);
		show(state);
	}

	const close = live(
		"sse/chat?" + new URLSearchParams({ session: me.id, message }),
		{
			session: () => show("connected"),
			delta: ({ delta }, id) => {
				if (/(^|\D)1$/.test(id)) {
					words.data = ""; // the answer begins anew
				}
				words.appendData(delta);
				follow();
			},
			done: () => end("ready"),
			failed: ({ error }) => end("failed", error),
		},
		(state, seconds) => show(state, state === "waiting" ? `reconnecting in ${seconds} s` : state),
	);
	stop = () => end("ready", "Stopped.");
}

function send(event) {
	event.preventDefault();
	const message = box.value.trim();
	if (message === "" || stop) {
		return;
	}
	box.value = "";
	me.messages.push({ role: "user", text: message });
	add("user", message);
	ask(message);
	box.focus();
}

function interrupt() {
	stop?.();
	box.focus();
}

view.addEventListener("scroll", () => {
	following = view.scrollHeight - view.scrollTop - view.clientHeight < 48;
});
new ResizeObserver(follow).observe(view);
at("form").addEventListener("submit", send);
at("stop").addEventListener("click", interrupt);
box.addEventListener("keydown", (event) => {
	if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
		send(event);
	}
});
document.addEventListener("keydown", (event) => {
	if (event.key === "Escape" && stop) {
		interrupt();
	}
});

for (const { role, text } of me.messages) {
	add(role, text);
}
await settled;
at("session").textContent = me.id.slice(0, 8);
at("session").title = me.id;
const last = me.messages.at(-1);
if (me.asking && last?.role === "user" && !stop) {
	ask(last.text); // the page was refreshed in mid-answer
}
box.focus();
