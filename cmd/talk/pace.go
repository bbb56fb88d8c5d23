package talk

import "time"

const (
	paceSlots = 8
	// paceSlot is what one slot counts.
	paceSlot = 500 * time.Millisecond
)

// pace counts what came in the last seconds: in slots, so that it is a small value however much comes.
type pace struct {
	slots [paceSlots]int
	at    time.Time // when the newest slot began
	began time.Time // when the first thing came
}

// add counts one thing that came at a time.
func (p *pace) add(at time.Time) {
	if p.began.IsZero() {
		p.began, p.at = at, at
	}
	p.turn(at)
	p.slots[0]++
}

// turn lets the slots that are over move on.
func (p *pace) turn(now time.Time) {
	n := int(now.Sub(p.at) / paceSlot)
	if n <= 0 {
		return
	}
	p.at = p.at.Add(time.Duration(n) * paceSlot)
	n = min(n, paceSlots)
	copy(p.slots[n:], p.slots[:paceSlots-n])
	clear(p.slots[:n])
}

// rate is how much came in a second, as of now.
func (p pace) rate(now time.Time) float64 {
	if p.began.IsZero() {
		return 0
	}
	p.turn(now)
	sum := 0
	for _, n := range p.slots {
		sum += n
	}
	span := min(now.Sub(p.began), (paceSlots-1)*paceSlot+now.Sub(p.at))
	if span < paceSlot {
		span = paceSlot
	}
	return float64(sum) / span.Seconds()
}
