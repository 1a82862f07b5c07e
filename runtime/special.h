#pragma once
// Special functions SLEEF does not have, through Boost.Math; nan or an infinity where there is no
// value, never an exception.
namespace calc::rt {

/// The derivative of lgamma. -inf at 0, +inf at -0, nan at the negative whole numbers.
double digamma(double x);
/// The derivative of digamma; inf at its poles.
double trigamma(double x);
/// The n-th derivative of digamma, for whole n from 0 to 100 (else nan). At the poles inf for odd
/// n, nan for even n (at 0 an infinity of its sign).
double polygamma(double n, double x);

}  // namespace calc::rt
