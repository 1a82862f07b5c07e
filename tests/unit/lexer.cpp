#include "lang/syntax/lexer.h"

#include <catch2/catch.hpp>

#include "tests/unit/parsing.h"

namespace calc::syntax {

namespace {

struct Lexed {
  base::Sources sources;
  Tokens tokens;
  explicit Lexed(std::string text) : tokens(lex(sources, sources.add("test", std::move(text)))) {}
};

/// Token spellings, without the End; a Newline is "⏎".
std::string words(std::string text) {
  const Lexed lexed(std::move(text));
  std::string out;
  for (const Token& token : lexed.tokens.list) {
    if (token.kind == TokenKind::End) break;
    if (!out.empty()) out += " ";
    out += token.kind == TokenKind::Newline ? "⏎" : std::string(lexed.sources.text(token.span));
  }
  return out;
}

}  // namespace

TEST_CASE("numbers") {
  CHECK(test::tree("0") == "0");
  CHECK(test::tree("9223372036854775807") == "9223372036854775807");
  CHECK(test::tree("-9223372036854775808") == "-9223372036854775808");
  CHECK(test::tree("1.5") == "1.5");
  CHECK(test::tree(".5") == "0.5");
  CHECK(test::tree("2.") == "2");
  CHECK(words("2. + 1") == "2. + 1");
  CHECK(test::tree("1e-3") == "0.001");
  CHECK(test::tree("1.e2") == "100");
  CHECK(test::tree("1E+2") == "100");
  CHECK(test::tree("1e-400") == "0");
  CHECK(test::tree("0..n") == "(Range .. 0 n)");
  CHECK(test::tree("0..=3") == "(Range ..= 0 3)");
  CHECK(test::tree("0.5..1.5") == "(Range .. 0.5 1.5)");
}

TEST_CASE("every token has its span") {
  const Lexed lexed("αβ = \"a{x}\" ≤ 1.5e3'");
  std::vector<std::string> texts;
  for (const Token& token : lexed.tokens.list) texts.emplace_back(lexed.sources.text(token.span));
  const std::vector<std::string> expected{"αβ", "=", "\"a{", "x", "}\"", "≤", "1.5e3", "'", ""};
  CHECK(texts == expected);
}

TEST_CASE("names have letters of any script, digits, subscripts and combining marks") {
  for (const char* name : {"x", "_y2", "λ", "x₁", "x̂", "größe", "ℝ", "损失", "Δx"}) {
    CHECK(test::tree(name) == name);
  }
  CHECK(test::tree("µ") == "μ");
  CHECK(test::tree("iffy") == "iffy");
}

TEST_CASE("a newline ends a statement, but") {
  CHECK(words("a\nb") == "a ⏎ b");
  CHECK(words("\n\na\n\n\nb\n") == "a ⏎ b ⏎");
  SECTION("not inside ( or [, also in nested ones") {
    CHECK(words("f(a,\nb\n)") == "f ( a , b )");
    CHECK(words("[a\n,\n(b\n)]") == "[ a , ( b ) ]");
  }
  SECTION("inside { it does, even within parentheses") {
    CHECK(words("f({\na\nb\n})") == "f ( { a ⏎ b ⏎ } )");
    CHECK(words("{ (a\nb)\nc }") == "{ ( a b ) ⏎ c }");
  }
  SECTION("not after an operator, a comma or =") {
    CHECK(words("a +\nb") == "a + b");
    CHECK(words("a =\n\n  b") == "a = b");
    CHECK(words("a,\nb") == "a , b");
    CHECK(words("x -> # comment\n x") == "x -> x");
    CHECK(words("a and\nb") == "a and b");
    CHECK(words("a |>\nb") == "a |> b");
  }
  SECTION("but after a postfix mark it does") {
    CHECK(words("f'\ng") == "f ' ⏎ g");
    CHECK(words("x²\ny") == "x ² ⏎ y");
  }
  SECTION("not before else, |> or .name") {
    CHECK(words("if c { a }\nelse { b }") == "if c { a } else { b }");
    CHECK(words("a\n  # why\n\n  |> f\n  |> g\nb") == "a |> f |> g ⏎ b");
    CHECK(words("a\n.b\nc") == "a . b ⏎ c");
  }
  SECTION("but before .5 and elsewhere it does") {
    CHECK(words("a\n.5") == "a ⏎ .5");
    CHECK(words("a\nelsewhere") == "a ⏎ elsewhere");
    CHECK(words("a\n..b") == "a ⏎ .. b");
  }
}

TEST_CASE("carriage returns, tabs, a byte order mark and odd blanks are blanks") {
  CHECK(words("\xef\xbb\xbf"
              "a\t=\r\n1\xc2\xa0+ 2\r\nb") == "a = 1 + 2 ⏎ b");
}

TEST_CASE("strings") {
  CHECK(test::tree(R"("a\n\t\"\\\{x\}")") == R"((String "a\n	\"\\{x}"))");
  CHECK(test::tree(R"("\u{3c0}\u{1F600}")") == R"((String "π😀"))");
  CHECK(test::tree(R"("")") == R"((String ""))");
  CHECK(test::tree(R"("# no comment")") == R"((String "# no comment"))");
  CHECK(test::tree(R"("loss = {l:.4f} after {n} steps")") ==
        R"((String (Piece "loss = ") (Hole ".4f" l) (Piece " after ") (Hole n) (Piece " steps")))");
  CHECK(test::tree(R"("{f("in {x}", {a: 1})[1:2]}{y:>8}")") ==
        R"((String (Hole (Index (Call f (String (Piece "in ") (Hole x)) (Record (Entry a 1))))"
        R"( (Colon (Start 1) (Stop 2)))) (Hole ">8" y)))");
  CHECK(test::tree(R"("{if c { 1 } else { 2 }}")") == "(String (Hole (If c (Block 1) (Block 2))))");
}

TEST_CASE("documentation is the ## comment right before a definition") {
  CHECK(test::tree("## The square.\n##\n## Of x.\nf(x) = x") ==
        R"((FuncDef f (Documentation "The square.\n\nOf x.") (Param x) x))");
  CHECK(test::tree("## far away\n\nf(x) = x") == "(FuncDef f (Param x) x)");
  CHECK(test::tree("### a banner\nf(x) = x") == "(FuncDef f (Param x) x)");
  CHECK(test::tree("a = 1 ## of a\nf(x) = x") == "(Assign a 1) ; (FuncDef f (Param x) x)");
  CHECK(test::tree("{\n  ## inner\n  f(x) = x\n  f\n}") ==
        R"((Block (FuncDef f (Documentation "inner") (Param x) x) f))");
}

TEST_CASE("comments are kept for the formatter") {
  const Lexed lexed("# one\na # two\n");
  REQUIRE(lexed.tokens.comments.size() == 2);
  CHECK(lexed.sources.text(lexed.tokens.comments[0].span) == "# one");
  CHECK(lexed.tokens.comments[0].own_line);
  CHECK_FALSE(lexed.tokens.comments[1].own_line);
}

TEST_CASE("brackets know their partners") {
  const Lexed lexed("f([a]){b}");
  CHECK(lexed.tokens.list[1].match == 5);
  CHECK(lexed.tokens.list[2].match == 4);
  CHECK(lexed.tokens.list[4].match == 2);
  CHECK(lexed.tokens.list[6].match == 8);
  const Lexed open("{ ( a }");
  CHECK(open.tokens.list[0].match == 3);
  CHECK(open.tokens.list[1].match == kNoMatch);
}

}  // namespace calc::syntax
