// SPDX-License-Identifier: Apache-2.0
// Every opcode of Python's pickletools that a state dict does not need, in a stream that would be
// right if it were allowed; and every byte that is no opcode at all.
#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

using namespace std::string_literals;

struct Stream {
  unsigned char opcode;
  const char* name;
  std::string pickle;  // behind PROTO 2
};

std::vector<Stream> named_streams() {
  const std::string type = "ccollections\nOrderedDict\n";
  return {
      {'0', "POP", "}N0."},
      {'1', "POP_MARK", "}(N1."},
      {'2', "DUP", "}" + text("a") + "2s."},
      {'F', "FLOAT", "}" + text("a") + "F1.5\ns."},
      {'I', "INT", "}" + text("a") + "I01\ns."},
      {'L', "LONG", "}" + text("a") + "L5L\ns."},
      {'P', "PERSID", "}" + text("a") + "P('storage', 'x')\ns."},
      {'S', "STRING", "}S'a'\nNs."},
      {'T', "BINSTRING", "}T\x01\0\0\0aNs."s},
      {'U', "SHORT_BINSTRING", "}U\x01\x61Ns."},
      {'V', "UNICODE", "}Va\nNs."},
      {'B', "BINBYTES", "}" + text("a") + "B\x01\0\0\0as."s},
      {'C', "SHORT_BINBYTES", "}" + text("a") + "C\x01\x61s."},
      {'d', "DICT", "(" + text("w") + tensor() + "d."},
      {'g', "GET", "}q\0g0\n0."s},
      {'i', "INST", "(" + text("id") + "ios\nsystem\n."},
      {'l', "LIST", "}" + text("a") + "(Nls."},
      {'o', "OBJ", "(" + type + "o."},
      {'p', "PUT", "}p0\n."},
      {0x81, "NEWOBJ", type + ")\x81."},
      {0x82, "EXT1", "\x82\x01)R."},
      {0x83, "EXT2", "\x83\x01\x01)R."},
      {0x84, "EXT4", "\x84\x01\0\0\0)R."s},
      {0x8b, "LONG4", "}" + text("a") + "\x8b\xFF\xFF\xFF\x7F"s + "s."},
      {0x8c, "SHORT_BINUNICODE", "}\x8c\x01\x61Ns."},
      {0x8d, "BINUNICODE8", "}\x8d\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x61Ns."},
      {0x8e, "BINBYTES8", "}" + text("a") + "\x8e\x01\0\0\0\0\0\0\0as."s},
      {0x8f, "EMPTY_SET", "}" + text("a") + "\x8fs."},
      {0x90, "ADDITEMS", "}" + text("a") + "](N\x90s."},
      {0x91, "FROZENSET", "}" + text("a") + "(N\x91s."},
      {0x92, "NEWOBJ_EX", type + ")}\x92."},
      {0x93, "STACK_GLOBAL", text("os") + text("system") + "\x93" + text("id") + "\x85R."},
      {0x94, "MEMOIZE", "}\x94."},
      {0x95, "FRAME", "\x95\x02\0\0\0\0\0\0\0}."s},
      {0x96, "BYTEARRAY8", "}" + text("a") + "\x96\x01\0\0\0\0\0\0\0as."s},
      {0x97, "NEXT_BUFFER", "}" + text("a") + "\x97s."},
      {0x98, "READONLY_BUFFER", "}" + text("a") + "N\x98s."},
  };
}

constexpr std::string_view kAllowed = "(.)JKMNQRGX]abcehjqrstu}\x80\x85\x86\x87\x88\x89\x8a";
static_assert(kAllowed.size() == 31);

}  // namespace

std::vector<HostileFile> hostile_pickle_opcodes() {
  std::vector<HostileFile> files;
  std::string seen(kAllowed);
  for (const Stream& stream : named_streams()) {
    files.push_back({stream.name, pth_with("\x80\x02" + stream.pickle),
                     "("s + stream.name + ") is not allowed"});
    seen += static_cast<char>(stream.opcode);
  }
  for (int opcode = 0; opcode < 256; ++opcode) {
    const char byte = static_cast<char>(opcode);
    if (seen.find(byte) != std::string::npos) continue;
    files.push_back({"byte " + std::to_string(opcode) + " as opcode",
                     pth_with("\x80\x02}"s + byte + "\x01\x01\x01\x01\n\n."),
                     "(unknown) is not allowed"});
  }
  return files;
}

}  // namespace greylag::test
