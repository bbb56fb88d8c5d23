package cmd

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// rateFlag is a number of things in a second: "20", "20/s", "90/m".
type rateFlag float64

func (r *rateFlag) Set(text string) error {
	number, unit, _ := strings.Cut(text, "/")
	per, known := map[string]time.Duration{"": time.Second, "s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || !(n > 0 && n <= 1e9) { // so written that NaN is no rate either
		return &rateError{text}
	}
	*r = rateFlag(n / per.Seconds())
	return nil
}

func (r *rateFlag) String() string { return strconv.FormatFloat(float64(*r), 'g', -1, 64) + "/s" }

// Type names the flag's kind in a help text.
func (*rateFlag) Type() string { return "rate" }

type rateError struct{ text string }

func (e *rateError) Error() string { return fmt.Sprintf("%q is no rate", e.text) }

func (*rateError) Hint() string { return "write a rate as 20/s, 90/m or 0.5/s" }
