#include "tests/fuzz/grammar.h"

#include <stdexcept>

namespace calc::fuzz {

namespace {

const std::vector<Production> kReal = {
    {5, "sin($r)"},
    {3, "cos($r)"},
    {4, "tanh($r)"},
    {2, "exp(-($r)^2)"},
    {6, "$R + $R"},
    {4, "$R - $R"},
    {6, "$R * $R"},
    {2, "$R / (1.5 + $R^2)"},
    {1, "$R / $c"},
    {2, "sqrt(1.0 + $R^2)"},
    {2, "log(1.2 + $R^2)"},
    {1, "atan($r)"},
    {1, "sigmoid($r)"},
    {1, "softplus($r)"},
    {1, "abs($R + 0.137)"},
    {1, "max($r, $r)"},
    {1, "min($r, $r)"},
    {1, "hypot($r, 1.0)"},
    {1, "atan2($r, 1.5 + $R^2)"},
    {1, "(1.2 + $R^2)^($r)"},
    {2, "$R^2"},
    {1, "$R^3"},
    {1, "-$R"},
    {2, "$c * $R"},
    {1, "erf($r)"},
    {1, "expm1(0.3 * $R)"},
    {1, "log1p($R^2)"},
    {1, "cbrt(2.0 + $R^2)"},
    {1, "clamp($r, -0.9, 1.1)"},
    {1, "$R * (1.0 + floor(2.0 * $R))"},
    {1, "relu($r)"},
    {3, "if $b then $r else $r"},
    {1, "if $b { $s~\n$r } else { $r }"},
    {2, "where($b, $r, $r)"},
    {3, "sum($v)"},
    {3, "$V · $V"},
    {1, "mean($v)"},
    {1, "prod($v)"},
    {1, "norm($v)"},
    {1, "max($v)"},
    {1, "min($v)"},
    {1, "var($v)"},
    {1, "logsumexp($v)"},
    {4, "$V[$k]"},
    {2, "sum($M)"},
    {3, "$G[$j, $k]"},
    {1, "trace($S)"},
    {1, "det($S)"},
    {1, "norm($M)"},
    {2, "sum($d)"},
    {1, "sum(sin($d))"},
    {1, "sum($D^2)"},
    {1, "mean(append($d, $r))"},
    {2, "$P.b"},
    {1, "sum($P.w)"},
    {1, "norm($p)"},
    {3, "{\n$s\n$r\n}"},
    {2, "sum([?i$r~ for @@ in 0..$n])"},
    {2, "sum([?r$r~ for @@ in $v])"},
    {1, "prod([?r$r~ for @@ in $v])"},
    {2, "(@r -> $r~)($r)"},
    {2, "(@v -> $r~)($v)"},
    {2, "$f($r)"},
    {1, "($f ∘ $f)($r)"},
    {1, "$R |> $f"},
    {1, "reduce((@r, @r) -> tanh($r)~, $r, $v)"},
    {1, "iterate(@r -> tanh($r)~, $r, 3)[-1]"},
    {1, "sum(scan((@r, @r) -> tanh($r)~, $r, $v))"},
    {1, "sum(solve(3.0 * eye($n) + tanh($S), $v))"},
    {2, "(@r -> $r~)'($r)", "derivative"},
    {2, "grad(@v -> $r~)($v) · $V", "derivative"},
    {2, "jvp(@v -> $r~, $v, $v)[1]", "derivative"},
    {1, "derivative(@r -> $r~, n: 2)($r)", "derivative"},
    {1, "partial[?r@@]((@@, @r) -> $r~)($r, $r)", "derivative"},
    {1, "partial[?r@@, @@]((@@, @v) -> $r~)($r, $v)", "derivative"},
    {1, "sum(grad((@r, @r) -> $r~)($r, $r))", "derivative"},
    {1, "sum(hessian(@v -> $r~)($v))", "derivative"},
    {1, "value_and_grad(@v -> $r~)($v)[0]", "derivative"},
    {1, "linearize(@v -> $r~, $v)[1]($v)", "derivative"},
    {1, "vjp(@v -> $r~, $v)[1]($r) · $V", "derivative"},
    {1, "$f'($r)", "derivative"},
    {1, "sum(taylor(@r -> $r~, $r, 3))", "taylor"},
    {1, "checkpoint(@r -> $r~)($r)", "checkpoint"},
    {1, "checkpoint(@v -> $r~)($v)", "checkpoint"},
};

const std::vector<Production> kVec = {
    {6, "[$,]"},
    {4, "$V + $V"},
    {2, "$V - $V"},
    {3, "$R * $V"},
    {2, "$V * $V"},
    {2, "sin($v)"},
    {2, "tanh($v)"},
    {1, "cos($v)"},
    {1, "$V / (1.5 + $V^2)"},
    {1, "sqrt(1.0 + $V^2)"},
    {3, "[?i$r~ for @@ in 0..$n]"},
    {2, "[?r$r~ for @@ in $v]"},
    {2, "where($V > $l, $v, $v)"},
    {2, "if $b then $v else $v"},
    {1, "$V[::-1]"},
    {2, "$V[$g]"},
    {1, "cumsum($v)"},
    {1, "softmax($v)"},
    {1, "sort($v)"},
    {1, "max($v, $r)"},
    {2, "$G' @ $U"},
    {1, "$U @ $G"},
    {2, "$G[$j]"},
    {1, "($T)[:, $j]"},
    {1, "sum($M, axis: 0)"},
    {1, "vmap(@r -> $r~)($v)"},
    {1, "vmap(@u -> $r~)($T)"},
    {1, "map(@r -> $r~, $v)"},
    {1, "map($f, $v)"},
    {1, "concat([$r], $v)[0:$n]"},
    {2, "{\n$s\n$v\n}"},
    {1, "(@u -> $v~)($u)"},
    {1, "solve(3.0 * eye($n) + tanh($S), $v)"},
    {2, "$P.w", "n=2"},
    {2, "grad(@v -> $r~)($v)", "derivative"},
    {1, "hvp(@v -> $r~, $v, $v)", "derivative"},
    {1, "jvp(@u -> $v~, $u, $u)[1]", "derivative"},
    {1, "vjp(@v -> $u~, $v)[1]($u)", "derivative"},
    {1, "jacobian(@u -> $v~)($u) @ $U", "derivative"},
    {1, "(@r -> $v~)'($r)", "derivative"},
    {1, "vmap(grad(@v -> $r~))($M)[$j]", "derivative"},
    {1, "linearize(@u -> $v~, $u)[1]($u)", "derivative"},
};

const std::vector<Production> kMat = {
    {5, "[$;]"},
    {3, "$G + $G"},
    {2, "$R * $G"},
    {1, "$G * $G"},
    {1, "sin($M)"},
    {1, "tanh($M)"},
    {2, "($T)'"},
    {2, "outer($u, $v)"},
    {2, "$G @ ($S)"},
    {2, "[?j$v~ for @@ in 0..$m]"},
    {1, "[?v$v~ for @@ in $M]"},
    {1, "if $b then $M else $M"},
    {1, "where($G > $l, $M, $M)"},
    {1, "vmap(@v -> $v~)($M)"},
    {1, "{\n$s\n$M\n}"},
    {1, "inv(3.0 * eye($n) + tanh($S))", "m=n"},
    {1, "jacobian(@v -> $u~)($v)", "derivative"},
    {1, "hessian(@v -> $r~)($v)", "m=n derivative"},
    {1, "vmap(grad(@v -> $r~))($M)", "derivative"},
};

const std::vector<Production> kDyn = {
    {3, "$V[$V > $l]"},
    {2, "filter(@r -> $b~, $v)"},
    {1, "sin($d)"},
    {1, "$R * $D"},
    {2, "append($d, $r)"},
    {1, "concat($d, $v)"},
    {1, "[?r$r~ for @@ in $d]"},
    {2, "$V[0:(if $b then 1 else 2)]"},
    {1, "cumsum($d)"},
    {1, "$D[::-1]"},
    {1, "if $b then $d else $d"},
    {1, "{\n$s\n$d\n}"},
};

const std::vector<Production> kRec = {
    {4, "{w: $w, b: $r}"},
    {2, "{...$p, b: $r}"},
    {1, "{...$p, w: $w}"},
    {1, "$P + $P"},
    {1, "$R * $P"},
    {1, "if $b then $p else $p"},
    {1, "{\n$s\n$p\n}"},
    {1, "(@r -> {w: $w, b: $r}~)($r)"},
    {1, "grad(@p -> $r~)($p)", "derivative"},
};

const std::vector<Production> kBool = {
    {4, "$R > $l"},
    {3, "$R < $R"},
    {1, "$R > $l and $R < $c"},
    {1, "$R > $l or $R < $l"},
    {1, "not ($R > $l)"},
    {1, "any($V > $l)"},
    {1, "all($V < $R)"},
    {2, "$k == 1"},
};

const std::vector<Production> kFun = {
    {4, "(@r -> $r~)"},
    {1, "tanh"},
    {1, "cos"},
    {1, "(if $b then (@r -> $r~) else (@r -> $r~))"},
    {1, "(@r -> $r~)'", "derivative"},
};

const std::vector<Production> kStatement = {
    {6, "+r = $r"},
    {4, "+v = $v"},
    {2, "+M = $M"},
    {1, "+d = $d"},
    {1, "+p = $p"},
    {2, "+f = (@r -> $r~)"},
    {1, "(+r, +r) = ($r, $r)"},
    {1, "(+r, +v) = ($r, $v)"},
    {4, "!r = $r"},
    {3, "!r += $r"},
    {1, "!r -= $r"},
    {1, "!r *= $r"},
    {2, "!v = $v"},
    {4, "!v[$k] = $r"},
    {3, "!v[$k] += $r"},
    {1, "!v[0:2] = $w"},
    {1, "!v[$g] += $v"},
    {1, "!v = !![::-1]"},
    {1, "%z = !v[0]\n!![0] = !![1]\n!![1] = %z"},
    {1, "!v += $v"},
    {2, "!M[$j, $k] = $r"},
    {1, "!M[$j, $k] += $r"},
    {1, "!M[$j] = $v"},
    {1, "!M[:, $k] = $u"},
    {1, "!M[$j, :] += $v"},
    {1, "!M = 0.5 * !! + $M"},
    {1, "!p.b = $r"},
    {1, "!p.b += $r"},
    {1, "!p.w[$o] = $r"},
    {1, "!p = $p"},
    {2, "!d = append(!!, $r)"},
    {1, "!d = $d"},
    {5, "for &i in 0..$n {\n$s\n}"},
    {2, "for &r in $v {\n$s\n}"},
    {1, "for &r in $d {\n$s\n}"},
    {1, "for (&r, &r) in zip($v, $v) {\n$s\n}"},
    {1, "for &v in $M {\n$s\n}"},
    {1, "for &r in ($r, $r) {\n$s\n}"},
    {2, "for &i in 0..$n {\n$s\n!r = tanh(!!) + $r\n}"},
    {3, "if $b {\n$s\n}"},
    {3, "if $b {\n$s~\n} else {\n$s\n}"},
    {1, "if $b {\n$s~\n} else if $b {\n$s~\n} else {\n$s\n}"},
    {2, "%z = 0\nwhile %z < 3 and ($b) {\n$s\n%z += 1\n}"},
    {1, "%z = $r\nwhile abs(%z) > 0.3 {\n%z = 0.6 * tanh(%z)\n!r += %z * $R\n}"},
    {1, "%z = $r\nwhile abs(%z) > 0.3 {\n$s\n%z = 0.7 * tanh(%z)\n!v[$k] += %z\n}"},
    {2, "for &i in 0..$n {\n$s\nif $b { break }\n$s\n}", "break"},
    {2, "for &r in $v {\n$s\nif $b { continue }\n$s\n}", "continue"},
    {1, "%z = 0\nwhile true {\n%z += 1\n$s\nif $b { break }\nif %z > 3 { break }\n$s\n}", "break"},
};

}  // namespace

const std::vector<Production>& productions(Kind kind) {
  switch (kind) {
    case Kind::Real:
      return kReal;
    case Kind::Vec:
      return kVec;
    case Kind::Mat:
      return kMat;
    case Kind::Dyn:
      return kDyn;
    case Kind::Rec:
      return kRec;
    case Kind::Bool:
      return kBool;
    case Kind::Fun:
      return kFun;
    case Kind::Statement:
      return kStatement;
    default:
      throw std::logic_error("a sort without productions");
  }
}

}  // namespace calc::fuzz
