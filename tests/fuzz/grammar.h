#pragma once
// The grammar of random programs: for each sort a list of productions.
//
// In a production's text
//   $r $b $v $u $M $T $S $d $p $f $w   an expression: Real, Bool, Vec n, Vec m, Mat m n, Mat n m,
//                                      Mat n n, Dyn, Rec, a function of a Real, Vec 2
//   $R $V $U $G $D $P                  r v u M d p in brackets where needed
//   $k $j $o                           an index below n, below m, below 2
//   $n $m $l $c $g $, $;               n, m, a literal, one in 0..1, n indices below n, n times $r,
//                                      m times $v
//   $s                                 statements
//   @r @v @u @p @i @j                  a parameter of a lambda of that sort (i: Int below n, j: m)
//   ?r ?v ?u ?i ?j                     the same, not printed: its scope begins before its name
//   @@                                 the last such name
//   &r &v &i                           a loop's variable
//   ~                                  ends the scope of all names above
//   +r +v +M +d +p +f +w               a new variable, in scope after the statement
//   !r !v !M !p !d, !!                 a variable that may be assigned; the same again
//   %z                                 a fresh name, the same each time
// n and m are those of the sort wanted, of the variable assigned, or else random.
#include <string_view>
#include <vector>

#include "tests/fuzz/program.h"

namespace calc::fuzz {

struct Production {
  int weight;
  std::string_view text;
  /// A feature of the language; "singular": only where infinite derivatives are wanted; "n=2",
  /// "m=n": a condition on the sizes; "derivative": one of the few derivative operators in a
  /// program.
  std::string_view needs = "";
};

const std::vector<Production>& productions(Kind kind);

}  // namespace calc::fuzz
