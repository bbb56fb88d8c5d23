// Who this tab is: a session id and the conversation so far, kept for as long
// as the tab, so that a refresh comes back as the same session.

const key = "sse-tool";
const tab = random(); // of this page alone: a copy of the tab has another one

function random() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

function fresh() {
	return { id: random(), messages: [], asking: false };
}

function load() {
	try {
		return JSON.parse(sessionStorage.getItem(key)) ?? fresh();
	} catch {
		return fresh(); // storage is off, or holds something else
	}
}

export const me = load();

export function save() {
	me.messages = me.messages.slice(-50);
	try {
		sessionStorage.setItem(key, JSON.stringify(me));
	} catch {
		// Storage is off or full: then a refresh begins anew.
	}
}

// A browser copies this storage into a duplicate of the tab. Two tabs of one id
// would take the session from each other for ever, so the newer one asks
// whether somebody has its id, and takes another.
const tabs = new BroadcastChannel(key);

export const settled = new Promise((resolve) => {
	tabs.onmessage = ({ data }) => {
		if (data.from === tab || data.id !== me.id) {
			return;
		}
		if (data.asks) {
			tabs.postMessage({ from: tab, to: data.from, id: me.id });
		} else if (data.to === tab) {
			Object.assign(me, { id: random(), asking: false });
			save();
			resolve();
		}
	};
	tabs.postMessage({ from: tab, id: me.id, asks: true });
	setTimeout(resolve, 150); // nobody has
});
