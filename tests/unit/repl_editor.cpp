// The parts of the line editor that need no terminal.
#include <catch2/catch.hpp>

#include "lang/base/utf8.h"
#include "repl/completion.h"
#include "repl/keys.h"
#include "repl/layout.h"
#include "repl/line_buffer.h"
#include "repl/symbols.h"

using namespace std::string_literals;

namespace calc::repl {
namespace {

/// The keys that a burst of bytes means.
std::vector<Key> keys_of(const std::string& bytes) {
  size_t at = 0;
  const ByteSource next = [&](int wait_ms) -> Byte {
    if (at < bytes.size()) return {ByteKind::Byte, bytes[at++]};
    return {wait_ms < 0 ? ByteKind::End : ByteKind::Nothing, 0};
  };
  std::vector<Key> keys;
  while (true) {
    keys.push_back(read_key(next));
    if (keys.back().kind == KeyKind::EndOfInput) break;
  }
  keys.pop_back();
  return keys;
}

KeyKind kind_of(const std::string& bytes) {
  const std::vector<Key> keys = keys_of(bytes);
  REQUIRE(keys.size() == 1);
  return keys[0].kind;
}

LineBuffer buffer_of(const std::string& text) {
  LineBuffer buffer;
  buffer.set(text);
  return buffer;
}

}  // namespace

TEST_CASE("keys: what terminals send") {
  CHECK(kind_of("\x1b[A") == KeyKind::Up);
  CHECK(kind_of("\x1bOB") == KeyKind::Down);
  CHECK(kind_of("\x1b[1;5C") == KeyKind::WordRight);
  CHECK(kind_of("\x1b[1;3D") == KeyKind::WordLeft);
  CHECK(kind_of("\x1b[3~") == KeyKind::Delete);
  CHECK(kind_of("\x1b[1~") == KeyKind::Home);
  CHECK(kind_of("\x1b[F") == KeyKind::End);
  CHECK(kind_of("\x1b"
                "b") == KeyKind::WordLeft);
  CHECK(kind_of("\x1b\r") == KeyKind::NewLine);
  CHECK(kind_of("\x1b") == KeyKind::Unknown);
  CHECK(kind_of("\x1b[99") == KeyKind::Unknown);
  CHECK(kind_of("\x7f") == KeyKind::Backspace);
  CHECK(kind_of("\x03") == KeyKind::Interrupt);
  CHECK(keys_of("\x01")[0].letter == 'a');
  CHECK(keys_of("π")[0].text == "π");
}

TEST_CASE("keys: a paste is one key, whatever is in it") {
  const std::vector<Key> keys = keys_of("\x1b[200~a\r\nb\x03\x1b[A\x1b[201~x");
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].kind == KeyKind::Paste);
  CHECK(keys[0].text == "a\r\nb\x03\x1b[A");
  CHECK(keys[1].text == "x");
}

TEST_CASE("line buffer: what is inserted is text") {
  LineBuffer buffer;
  buffer.insert("a\r\nb\rc\td\x1b[A\xFF");
  CHECK(buffer.text() == "a\nb\nc    d[A");
}

TEST_CASE("line buffer: characters, not bytes") {
  LineBuffer buffer = buffer_of("aπx̂");
  buffer.left();
  CHECK(buffer.cursor() == 3);
  buffer.left();
  CHECK(buffer.cursor() == 1);
  buffer.right();
  buffer.erase_before();
  CHECK(buffer.text() == "ax̂");
  buffer.erase_after();
  CHECK(buffer.text() == "a");
  buffer.left();
  buffer.left();
  buffer.erase_before();
  CHECK(buffer.text() == "a");
}

TEST_CASE("line buffer: words") {
  LineBuffer buffer = buffer_of("alpha + beta_2(x)");
  buffer.word_left();
  buffer.word_left();
  CHECK(buffer.cursor() == 8);
  buffer.word_right();
  CHECK(buffer.cursor() == 14);
  buffer.kill_word_before();
  CHECK(buffer.text() == "alpha + (x)");
  buffer.yank();
  CHECK(buffer.text() == "alpha + beta_2(x)");
  buffer.kill_word_after();
  CHECK(buffer.text() == "alpha + beta_2)");
}

TEST_CASE("line buffer: lines") {
  LineBuffer buffer = buffer_of("one\nlonger line\nx");
  CHECK(buffer.up());
  CHECK(buffer.cursor() == 5);
  buffer.end();
  CHECK(buffer.up());
  CHECK(buffer.cursor() == 3);
  CHECK_FALSE(buffer.up());
  CHECK(buffer.line() == "one");
  buffer.kill_to_begin();
  buffer.kill_to_end();
  CHECK(buffer.text() == "longer line\nx");
  CHECK(buffer.down());
  CHECK_FALSE(buffer.down());
}

TEST_CASE("line buffer: whatever is pressed, it holds text and the cursor stands on a character") {
  const std::vector<std::string> pieces = {"a", "π", "x̂",      "漢",      "\n",
                                           " ", "(", "12 + b", "\xE2\x88"};
  uint32_t state = 1;
  const auto random = [&](uint32_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
  };
  using Move = void (LineBuffer::*)();
  const std::vector<Move> moves = {&LineBuffer::left,
                                   &LineBuffer::right,
                                   &LineBuffer::word_left,
                                   &LineBuffer::word_right,
                                   &LineBuffer::home,
                                   &LineBuffer::end,
                                   &LineBuffer::erase_before,
                                   &LineBuffer::erase_after,
                                   &LineBuffer::kill_to_end,
                                   &LineBuffer::kill_to_begin,
                                   &LineBuffer::kill_word_before,
                                   &LineBuffer::kill_word_after,
                                   &LineBuffer::yank};
  LineBuffer buffer;
  for (int round = 0; round < 20'000; ++round) {
    const uint32_t what = random(40);
    if (what < moves.size()) {
      (buffer.*moves[what])();
    } else if (what < moves.size() + 4) {
      what % 2 == 0 ? buffer.up() : buffer.down();
    } else {
      buffer.insert(pieces[random(static_cast<uint32_t>(pieces.size()))]);
    }
    if (buffer.text().size() > 300) buffer.clear();
    REQUIRE(base::first_invalid(buffer.text()) == std::string::npos);
    REQUIRE(buffer.cursor() <= buffer.text().size());
    REQUIRE(base::first_invalid(buffer.text().substr(buffer.cursor())) == std::string::npos);
    const int columns = 10 + static_cast<int>(random(20));
    const Layout layout = lay_out(buffer.text(), buffer.cursor(), columns);
    REQUIRE(layout.cursor_row < layout.rows.size());
    for (const std::string& row : layout.rows) REQUIRE(base::text_width(row) <= columns);
  }
}

TEST_CASE("layout: lines break at the width of the terminal") {
  const Layout layout = lay_out("123456\nab", 9, 10);
  REQUIRE(layout.rows.size() == 3);
  CHECK(layout.rows[0] == "calc> 1234");
  CHECK(layout.rows[1] == "56");
  CHECK(layout.rows[2] == "....> ab");
  CHECK(layout.cursor_row == 2);
  CHECK(layout.cursor_column == 8);
}

TEST_CASE("layout: the cursor after a full row stands on the next") {
  const Layout layout = lay_out("1234", 4, 10);
  CHECK(layout.rows.size() == 2);
  CHECK(layout.cursor_row == 1);
  CHECK(layout.cursor_column == 0);
}

TEST_CASE("layout: wide characters take two columns and never half a row") {
  const Layout layout = lay_out("123漢", 6, 10);
  REQUIRE(layout.rows.size() == 2);
  CHECK(layout.rows[1] == "漢");
  CHECK(layout.cursor_column == 2);
}

TEST_CASE("completion: names, commands, signs") {
  const std::vector<std::string> names = {"argmax", "argmin", "argsort", "sum"};
  const std::vector<std::string> commands = {":load", ":type"};
  Completion some = complete("x + ar", names, commands);
  CHECK(some.replaces == 2);
  CHECK(some.text == "arg");
  some = complete("x + arg", names, commands);
  CHECK(some.text.empty());
  CHECK(some.choices.size() == 3);
  CHECK(complete(":ty", names, commands).text == ":type");
  CHECK(complete("f(\\nab", names, commands).text == "∇");
  CHECK(complete("f(\\nab", names, commands).replaces == 4);
  CHECK(complete("\\p", names, commands).choices.size() > 2);
  CHECK(complete("a\n", names, commands).text == "  ");
  CHECK(complete("1 + ", names, commands).text.empty());
  CHECK(complete("sum", names, commands).text.empty());
}

TEST_CASE("symbols: an exact name wins over longer ones, a part must be clear") {
  CHECK(sign_of("in") == "∈");
  CHECK(sign_of("eta") == "η");
  CHECK(sign_of("inft") == "∞");
  CHECK(sign_of("cdo") == "·");
  CHECK(sign_of("p") == "");
  CHECK(sign_of("") == "");
  CHECK(sign_of("nothing") == "");
}

}  // namespace calc::repl
