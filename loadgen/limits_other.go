//go:build !unix

package loadgen

// MachineLimits asks the machine for its limits: this one has none to tell.
func MachineLimits() Limits { return Limits{} }
