// The sessions of this server: the list, kept up by the feed. The feed's events
// are numbered, so that a number that is missing is seen; then the list is
// asked for again.

import { live } from "./live.js";
import { me } from "./identity.js";

const rowsAtMost = 100;
const stays = 6000; // ms for which a session that has closed is shown

const rows = document.getElementById("sessions");
const shown = new Map(); // of the open sessions, by id
let seq = -1; // of the last change that is shown
let early = []; // changes that came while the list was being fetched
let fetching = false;

function count(active) {
	document.getElementById("active").textContent = active;
	note(active > shown.size ? `and ${active - shown.size} more` : active === 0 ? "none is open" : "");
}

function note(text) {
	document.getElementById("note").textContent = text;
}

function open({ id, transport, user }) {
	shown.get(id)?.remove();
	shown.delete(id);
	if (shown.size >= rowsAtMost && id !== me.id) {
		return;
	}
	const row = document.createElement("li");
	const name = document.createElement("code");
	name.textContent = id.slice(0, 8);
	name.title = id;
	const about = document.createElement("span");
	about.className = "about";
	about.textContent = [id === me.id ? "this tab" : user, transport].filter(Boolean).join(", ");
	row.classList.toggle("own", id === me.id);
	row.append(name, about);
	rows.prepend(row);
	shown.set(id, row);
}

function close({ id, reason }) {
	const row = shown.get(id);
	if (!row) {
		return;
	}
	shown.delete(id);
	row.classList.add("closed");
	row.querySelector(".about").textContent = reason.replace("_", " ");
	setTimeout(() => row.remove(), stays);
}

function change(apply) {
	return (event) => {
		if (fetching) {
			early.push(() => change(apply)(event));
		} else if (event.seq > seq + 1) {
			refresh();
		} else if (event.seq === seq + 1) {
			seq = event.seq;
			apply(event);
			count(event.active);
		}
	};
}

// refresh shows the list as it is now, and then what has changed since.
async function refresh() {
	if (fetching) {
		return;
	}
	fetching = true;
	try {
		const answer = await fetch("sessions", { cache: "no-store" });
		const list = await answer.json();
		for (const row of shown.values()) {
			row.remove();
		}
		shown.clear();
		list.sessions.sort((a, b) => a.opened_at.localeCompare(b.opened_at)).forEach(open);
		seq = list.seq;
		count(list.active);
	} catch {
		note("the server does not answer"); // the feed's next "watching" asks again
	}
	await new Promise((resolve) => setTimeout(resolve, 200)); // no more than five lists a second
	fetching = false;
	const waiting = early;
	early = [];
	waiting.forEach((apply) => apply());
}

// The feed is not for everybody, and an EventSource cannot tell why it was
// refused.
const allowed = await fetch("sessions?list=0", { cache: "no-store" }).catch(() => null);
if (allowed && !allowed.ok) {
	note("Only the server's own machine may see the list, or who sends its admin token.");
} else {
	live(
		"sessions/feed",
		{ watching: refresh, opened: change(open), closed: change(close) },
		(state, seconds) => state === "waiting" && note(`the server is gone; asking again in ${seconds} s`),
	);
}
