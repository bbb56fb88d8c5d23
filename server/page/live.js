// An event stream that comes back: after 2 s at first, then after twice as
// long each time, up to 30 s, until an event came.
//
// The browser's own reconnection is used for the first attempt, because it
// sends Last-Event-ID. It never backs off, and it gives up for ever when the
// server answers with an error, so from the second failure on the waiting is
// done here; what is opened then begins anew.

const firstDelay = 2000;
const lastDelay = 30000;

// live opens an address. events maps names to functions of the event's data. state is told
// "connecting", "connected" and "waiting" (with the seconds). It returns a
// function that closes the stream for good; a handler may call it.
export function live(address, events, state) {
	let source, timer, failures = 0, ended = false;

	function connect() {
		state("connecting");
		source = new EventSource(address);
		source.onopen = () => state("connected");
		source.onerror = failed;
		for (const [name, handle] of Object.entries(events)) {
			source.addEventListener(name, (event) => {
				if (ended) {
					return;
				}
				failures = 0;
				handle(JSON.parse(event.data), event.lastEventId);
			});
		}
	}

	function failed() {
		if (ended) {
			return;
		}
		const delay = Math.min(firstDelay * 2 ** failures, lastDelay);
		failures++;
		state("waiting", delay / 1000);
		if (failures === 1 && source.readyState === EventSource.CONNECTING) {
			return; // the browser tries again, after the server's "retry"
		}
		source.close();
		timer = setTimeout(connect, delay);
	}

	connect();
	return () => {
		ended = true;
		clearTimeout(timer);
		source.close();
	};
}
