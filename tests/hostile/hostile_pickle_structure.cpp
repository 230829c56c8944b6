// SPDX-License-Identifier: Apache-2.0
// Pickles of other protocols, broken ones, ones that ask for memory or depth without end, and ones
// that are whole but no state dict.
#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

using namespace std::string_literals;

std::string stream(const std::string& pickle) { return pth_with("\x80\x02" + pickle); }

std::string repeated(const std::string& part, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += part;
  return all;
}

std::vector<HostileFile> framing() {
  const std::string one = text("w") + tensor();
  std::vector<HostileFile> files = {
      {"empty", pth_with(""), "PROTO"},
      {"no PROTO", pth_with("}."), "PROTO"},
      {"protocol 0 as text", pth_with("(dp0\n."), "PROTO"},
      {"PROTO without number", pth_with("\x80"), "protocol"},
      {"PROTO twice", stream("\x80\x02}."), "twice"},
      {"PROTO 4 behind PROTO 2", stream("\x80\x04}."), "twice"},
      {"no STOP", stream("}"), "STOP"},
      {"nothing behind PROTO", stream(""), "STOP"},
      {"bytes after STOP", pth_with(pickle_of(one) + "."), "after STOP"},
      {"a NUL after STOP", pth_with(pickle_of(one) + "\0"s), "after STOP"},
      {"a second pickle after STOP",
       pth_with(pickle_of(one) + "\x80\x02"
                                 "cos\nsystem\n."),
       "STOP"},
      {"two values", stream("}}."), "exactly one"},
      {"no value", stream("."), "exactly one"},
      {"an open mark", stream("(}."), "exactly one"},
      {"STOP under a mark", stream("}(."), "exactly one"},
      {"TUPLE without mark", stream("t."), "no mark"},
      {"TUPLE1 on an empty stack", stream("\x85."), "stack is empty"},
      {"TUPLE2 under a mark", stream("NN(\x86."), "stack is empty"},
      {"TUPLE3 with two values", stream("NN\x87."), "stack is empty"},
      {"SETITEM under a mark", stream("}(" + text("a") + "s."), "stack is empty"},
      {"a float past the end", stream("G\x3f\xf0"), "past the end"},
      {"a number past the end", stream("J\x01\x02"), "past the end"},
      {"LONG1 past the end", stream("\x8a\x08\x01"), "past the end"},
      {"text past the end",
       stream("X\xFF\xFF\xFF\x7F"
              "abc."),
       "past the end"},
      {"text of 4 GiB",
       stream("X\xFF\xFF\xFF\xFF"
              "abc."),
       "past the end"},
      {"text without its length", stream("X\x01\x00"s), "past the end"},
      {"LONG1 of nine bytes",
       stream("\x8a\x09"
              "123456789."),
       "LONG1"},
      {"LONG1 of 255 bytes", stream("\x8a\xFF" + std::string(255, '\1') + "."), "LONG1"},
  };
  for (const char version : {'\0', '\1', '\3', '\4', '\5', '\xFF'}) {
    const int number = static_cast<unsigned char>(version);
    files.push_back({"protocol " + std::to_string(number), pth_with("\x80"s + version + "}."),
                     "protocol " + std::to_string(number) + " is not allowed"});
  }
  return files;
}

std::vector<HostileFile> bombs() {
  std::string list = "]q\0"s, dict = "}q\0"s;
  list += repeated("h\0a"s, 70);
  for (int i = 0; i < 70; ++i) dict += text(std::to_string(i)) + "h\0s"s;
  const std::string many_numbers = repeated("N", 999'000);
  return {
      {"65 marks", stream(std::string(65, '(')), "marks are nested"},
      {"a million marks", stream(std::string(1'000'000, '(')), "marks are nested"},
      {"tuples nested 70 deep", stream(")" + std::string(70, '\x85') + "."), "nested deeper"},
      {"lists nested 70 deep", stream(std::string(70, ']') + std::string(70, 'a') + "."),
       "nested deeper"},
      {"dicts nested 70 deep",
       stream(repeated("}" + text("a"), 70) + "}" + std::string(70, 's') + "."), "nested deeper"},
      {"a list in itself", stream(list + "."), "nested deeper"},
      {"a dict in itself", stream(dict + "."), "nested deeper"},
      {"a stack of a million and one", stream(std::string(1'000'001, 'N') + "."), "stack grows"},
      {"a stack of a million and one by memo", stream("Nq\0"s + repeated("h\0"s, 1'000'001) + "."),
       "stack grows"},
      {"four million containers", stream(repeated("(" + std::string(900'000, ')') + "t", 5) + "."),
       "containers"},
      {"four million dicts", stream(repeated("(" + std::string(900'000, '}') + "t", 5) + "."),
       "containers"},
      {"twenty million opcodes", stream(repeated("(" + many_numbers + "t", 21) + "."),
       "20 million opcodes"},
      {"a memo place never set", stream("h\x05."), "never set"},
      {"a memo place between set ones", stream("}q\0q\x02h\x01."s), "never set"},
      {"a far memo place never set", stream("j\xFF\xFF\xFF\xFF."), "never set"},
      {"memo place one million", stream("}r\x40\x42\x0F\x00."s), "memo grows"},
      {"memo place 2^31", stream("}r\xFF\xFF\xFF\x7F."), "memo grows"},
      {"memo place 2^32", stream("}r\xFF\xFF\xFF\xFF."), "memo grows"},
      {"memo of nothing", stream("q\x01."), "stack is empty"},
      {"memo under a mark", stream("}(q\x01."), "stack is empty"},
      {"memo place without number", stream("}r\x01\x01"), "past the end"},
  };
}

std::vector<HostileFile> other_values() {
  const std::string one = text("w") + tensor();
  const auto named = [](const std::string& name) {
    return pth_with(pickle_of(text(name) + tensor()));
  };
  return {
      {"bad UTF-8", stream("X\x02\x00\x00\x00\xC3\x28."s), "UTF-8"},
      {"overlong UTF-8", stream("X\x02\x00\x00\x00\xC0\xAF."s), "UTF-8"},
      {"half a character", stream("X\x03\x00\x00\x00\xED\xA0\x80."s), "UTF-8"},
      {"beyond Unicode", stream("X\x04\x00\x00\x00\xF4\x90\x80\x80."s), "UTF-8"},
      {"cut UTF-8", stream("X\x02\x00\x00\x00\xE2\x82."s), "UTF-8"},
      {"a lone byte of UTF-8", stream("X\x01\x00\x00\x00\x80."s), "UTF-8"},
      {"None", stream("N."), "dict of tensors"},
      {"a number", stream("K\x01."), "dict of tensors"},
      {"text", stream(text("w") + "."), "dict of tensors"},
      {"a storage type", stream("ctorch\nFloatStorage\n."), "dict of tensors"},
      {"a single tensor", stream(tensor() + "."), "single tensor"},
      {"a list of tensors", stream("](" + tensor() + "e."), "dict of tensors"},
      {"a number for a tensor", pth_with(pickle_of(text("w") + "K\x01")), "does not hold a tensor"},
      {"a storage for a tensor",
       pth_with(pickle_of(text("w") +
                          tuple(text("storage") + "ctorch\nFloatStorage\n" + text("0") +
                                text("cpu") + integer(4)) +
                          "Q")),
       "does not hold a tensor"},
      {"a dict for a tensor", pth_with(pickle_of(text("w") + "}")), "does not hold a tensor"},
      {"two levels below state_dict",
       pth_with(pickle_of(text("state_dict") + "}(" + text("model") + "}(" + one + "uu")),
       "does not hold a tensor"},
      {"a name twice", pth_with(pickle_of(one + one)), "data.pkl: the name w occurs twice"},
      {"a name twice by prefix", pth_with(pickle_of(one + text("model.w") + tensor())), "twice"},
      {"a name twice by two prefixes",
       pth_with(pickle_of(one + text("_forward_module.model.w") + tensor())), "twice"},
      {"only a prefix", named("model."), "only a prefix"},
      {"an empty name", named(""), "data.pkl: a tensor's name"},
      {"a long name", named(std::string(1025, 'n')), "data.pkl: a tensor's name"},
      {"a name with a line break", named("a\nb"), "data.pkl: a tensor's name"},
      {"a name with a NUL", named("a\0b"s), "data.pkl: a tensor's name"},
      {"a name with an escape", named("a\x1b[2J"), "data.pkl: a tensor's name"},
      {"a name with DEL", named("a\x7f"), "data.pkl: a tensor's name"},
      {"a numbered tensor", pth_with(pickle_of("K\x01" + tensor())), "data.pkl: a tensor's name"},
  };
}

}  // namespace

std::vector<HostileFile> hostile_pickle_structure() {
  std::vector<HostileFile> files = framing();
  for (auto& more : {bombs(), other_values()}) files.insert(files.end(), more.begin(), more.end());
  return files;
}

}  // namespace greylag::test
