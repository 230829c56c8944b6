// SPDX-License-Identifier: Apache-2.0
// Is every pickle that is not a plain state dict refused? Files are made here, one per rule.
#include "core/checkpoint/pickle_vm.h"

#include <gtest/gtest.h>

#include "core/checkpoint/pickle_opcodes.h"
#include "tests/core/checkpoint/hostile_file.h"
#include "tests/core/checkpoint/raw_zip.h"

namespace greylag {
namespace {

using namespace std::string_literals;
using test::HostileFile;
using test::integer;
using test::pickle_of;
using test::pth_with;
using test::RawTensor;
using test::tensor;
using test::text;
using test::tuple;

std::string with_tensor(const RawTensor& raw) {
  return pth_with(pickle_of(text("w") + tensor(raw)));
}

TEST(PickleVm, AcceptsThePlainStateDict) {
  const Status status = test::open_bytes(with_tensor({}));
  EXPECT_TRUE(status.ok()) << status.error().message;
}

TEST(PickleVm, AcceptsWhatModulesAndParametersAdd) {
  const std::string parameter =
      "ctorch._utils\n_rebuild_parameter\n" + tuple(tensor() + "\x88" + RawTensor().hooks) + "R";
  const std::string size = "ctorch\nSize\n(" + tuple("K\x04") + "tR";
  const std::string metadata = "}" + text("_metadata") + RawTensor().hooks + "sb";
  for (const std::string& pickle :
       {pickle_of(text("w") + parameter), pickle_of(text("w") + tensor({.size = size})),
        "\x80\x02" + RawTensor().hooks + "(" + text("w") + tensor() + "u" + metadata + ".",
        "\x80\x02}" + text("w") + tensor() + "s.",
        pickle_of(text("epoch") + "K\x03" + text("state_dict") + "}(" + text("w") + tensor() + "u"),
        pickle_of(text("w") + tensor({.size = "K\x02K\x02\x86", .stride = "K\x01K\x02\x86"})),
        pickle_of(text("w") + tensor({.device = text("cuda:0")}))}) {
    const Status status = test::open_bytes(pth_with(pickle));
    EXPECT_TRUE(status.ok()) << status.error().message;
  }
}

TEST(PickleVm, RefusesEveryOtherOpcode) {
  const std::string allowed = "(.)JKMNQRGX]abcehjqrstu}"s + "\x80\x85\x86\x87\x88\x89\x8a";
  ASSERT_EQ(allowed.size(), 31u);
  std::vector<HostileFile> files;
  for (int opcode = 0; opcode < 256; ++opcode) {
    const char c = static_cast<char>(opcode);
    if (allowed.find(c) != std::string::npos) continue;
    files.push_back({"opcode " + std::to_string(opcode),
                     pth_with("\x80\x02}"s + c + "\x01\x01\x01\x01\n\n."), "is not allowed"});
  }
  EXPECT_EQ(files.size(), 225u);
  test::expect_refused(files);
  EXPECT_EQ(test::open_bytes(pth_with("\x80\x02\x93.")).error().message,
            "data.pkl: opcode 0x93 (STACK_GLOBAL) is not allowed");
}

TEST(PickleVm, RefusesEveryOtherGlobal) {
  std::vector<HostileFile> files;
  for (const char* name : {"os\nsystem",
                           "posix\nsystem",
                           "nt\nsystem",
                           "builtins\neval",
                           "builtins\nexec",
                           "builtins\ngetattr",
                           "builtins\n__import__",
                           "__builtin__\neval",
                           "subprocess\nPopen",
                           "subprocess\ncheck_output",
                           "runpy\nrun_path",
                           "pickle\nloads",
                           "marshal\nloads",
                           "types\nCodeType",
                           "codecs\nencode",
                           "_codecs\nencode",
                           "operator\nattrgetter",
                           "functools\npartial",
                           "torch\nload",
                           "torch\nhub.load",
                           "torch.jit\nload",
                           "torch._utils\n_rebuild_tensor",
                           "torch._utils\n_rebuild_sparse_tensor",
                           "torch._utils\n_rebuild_qtensor",
                           "torch._utils\n_rebuild_meta_tensor_no_storage",
                           "torch._utils\n_rebuild_wrapper_subclass",
                           "torch\nUntypedStorage",
                           "torch\nComplexFloatStorage",
                           "torch\nFloatTensor",
                           "torch\ndevice",
                           "collections\nCounter",
                           "collections\ndefaultdict",
                           "numpy.core.multiarray\n_reconstruct",
                           "Torch\nFloatStorage",
                           "torch\nFloatStorage ",
                           "torch.\nFloatStorage",
                           "\n",
                           "os.\xFF\nx"}) {
    const std::string global = "c"s + name + "\n";
    files.push_back({name, pth_with("\x80\x02" + global + text("id") + "\x85R."), "global "});
    files.push_back({"value "s + name, pth_with(pickle_of(text("w") + global)), "global "});
  }
  files.push_back({"endless name",
                   pth_with("\x80\x02"
                            "c" +
                            std::string(1000, 'a')),
                   "data.pkl"});
  test::expect_refused(files);
}

TEST(PickleVm, RefusesToBuildAnythingElse) {
  const std::string hooks = RawTensor().hooks;
  const std::string list_global = "ccollections\nOrderedDict\n";
  test::expect_refused({
      {"REDUCE on text", pth_with("\x80\x02" + text("os.system") + ")R."), "REDUCE"},
      {"REDUCE on a dict", pth_with("\x80\x02})R."), "REDUCE"},
      {"REDUCE with a list", pth_with("\x80\x02" + list_global + "]R."), "REDUCE"},
      {"OrderedDict with items", pth_with("\x80\x02" + list_global + tuple("]") + "R."),
       "OrderedDict"},
      {"calling a storage type",
       pth_with("\x80\x02"
                "ctorch\nFloatStorage\n(K\x04tR."),
       "REDUCE"},
      {"calling a dtype",
       pth_with("\x80\x02"
                "ctorch\nfloat32\n)R."),
       "REDUCE"},
      {"Size of a number",
       pth_with("\x80\x02"
                "ctorch\nSize\n(K\x04tR."),
       "torch.Size"},
      {"BUILD on a tensor", pth_with(pickle_of(text("w") + tensor() + "}b")), "BUILD"},
      {"BUILD on a plain dict", pth_with("\x80\x02}}b."), "BUILD"},
      {"BUILD with a tuple", pth_with("\x80\x02" + hooks + ")b."), "BUILD"},
      {"BUILD with another attribute",
       pth_with("\x80\x02" + hooks + "}" + text("__class__") + "Nsb."), "BUILD"},
      {"SETITEM on a list", pth_with("\x80\x02]" + text("a") + "Ns."), "SETITEM"},
      {"SETITEM on a tensor", pth_with(pickle_of(text("w") + tensor() + text("a") + "Ns")),
       "SETITEM"},
      {"SETITEMS on a tuple", pth_with("\x80\x02)(" + text("a") + "Nu."), "SETITEM"},
      {"SETITEMS without a value", pth_with("\x80\x02}(" + text("a") + "u."), "SETITEMS"},
      {"a list as a key", pth_with("\x80\x02}]Ns."), "dict key"},
      {"APPEND on a dict", pth_with("\x80\x02}Na."), "APPEND"},
      {"APPENDS on a tuple", pth_with("\x80\x02)(Ne."), "APPEND"},
  });
}

TEST(PickleVm, RefusesWrongStorages) {
  const std::string rule = "persistent id";
  test::expect_refused({
      {"text as id", pth_with(pickle_of(text("w") + text("0") + "Q")), rule},
      {"short id", pth_with(pickle_of(text("w") + tuple(text("storage")) + "Q")), rule},
      {"other kind", with_tensor({.storage = text("module")}), rule},
      {"dtype as type", with_tensor({.type = "ctorch\nfloat32\n"}), rule},
      {"text as type", with_tensor({.type = text("FloatStorage")}), rule},
      {"path as key", with_tensor({.key = text("../0")}), rule},
      {"empty key", with_tensor({.key = text("")}), rule},
      {"number as key", with_tensor({.key = "K\x01"s}), rule},
      {"negative key", with_tensor({.key = text("-1")}), rule},
      {"shell in device", with_tensor({.device = text("cpu; rm")}), rule},
      {"no device", with_tensor({.device = "N"}), rule},
      {"negative elements", with_tensor({.elements = integer(-4)}), rule},
      {"float elements", with_tensor({.elements = "G" + test::le(0, 8)}), rule},
      {"absent storage", with_tensor({.key = text("7")}), "storage is not in the file"},
      {"too few elements", with_tensor({.elements = integer(3)}), "size of its storage"},
      {"too many elements", with_tensor({.elements = integer(5)}), "size of its storage"},
      {"overflowing elements", with_tensor({.elements = integer((int64_t{1} << 62) + 4)}),
       "size of its storage"},
      {"wider type", with_tensor({.type = "ctorch\nDoubleStorage\n"}), "size of its storage"},
      {"narrower type", with_tensor({.type = "ctorch\nHalfStorage\n"}), "size of its storage"},
  });
}

TEST(PickleVm, RefusesTensorsBeyondTheirStorage) {
  const std::string beyond = "beyond its storage";
  const auto big = integer(int64_t{1} << 62);
  test::expect_refused({
      {"too long", with_tensor({.size = tuple("K\x05")}), beyond},
      {"offset", with_tensor({.offset = integer(1)}), beyond},
      {"stride", with_tensor({.stride = tuple("K\x02")}), beyond},
      {"huge stride", with_tensor({.size = tuple("K\x02"), .stride = tuple(big)}), beyond},
      {"overflowing stride",
       with_tensor({.size = tuple(integer(5) + "K\x01"), .stride = tuple(big + "K\x01")}), beyond},
      {"overflowing offset", with_tensor({.offset = integer(INT64_MAX)}), beyond},
      {"huge size", with_tensor({.size = tuple(big), .stride = tuple("K\x00"s)}), "overflow"},
      {"overflowing size", with_tensor({.size = tuple(big + big), .stride = tuple("K\x00K\x00"s)}),
       "overflow"},
      {"stride 0 amplification",
       with_tensor({.size = tuple(integer(1 << 20)), .stride = tuple("K\x00"s)}), "twice"},
      {"negative size", with_tensor({.size = tuple(integer(-1))}), "negative"},
      {"negative stride", with_tensor({.stride = tuple(integer(-1))}), "negative"},
      {"negative offset", with_tensor({.offset = integer(-1)}), "negative"},
      {"text size", with_tensor({.size = tuple(text("4"))}), "not a number"},
      {"stride missing", with_tensor({.stride = ")"}), "different lengths"},
      {"nine dimensions",
       with_tensor({.size = tuple(std::string(18, 'K')), .stride = tuple(std::string(18, 'K'))}),
       "8 dimensions"},
      {"list as size", with_tensor({.size = "]"}), "arguments"},
      {"number as flag", with_tensor({.flag = "K\x01"}), "arguments"},
      {"plain dict as hooks", with_tensor({.hooks = "}"}), "arguments"},
      {"hooks not empty", with_tensor({.hooks = RawTensor().hooks + "K\x01Ns"}), "arguments"},
      {"seventh argument", with_tensor({.more = "}"}), "arguments"},
  });
}

TEST(PickleVm, RefusesBrokenStructure) {
  const std::string deep = std::string(70, '(');
  std::string nested = "\x80\x02)";
  for (int i = 0; i < 70; ++i) nested += "\x85";
  std::string list = "\x80\x02]q"s + '\0';
  for (int i = 0; i < 70; ++i) list += "h"s + '\0' + "a";
  const std::string one = text("w") + tensor();
  test::expect_refused({
      {"empty", pth_with(""), "PROTO"},
      {"no PROTO", pth_with("}."), "PROTO"},
      {"protocol 0", pth_with("\x80\0}."s), "protocol 0"},
      {"protocol 3", pth_with("\x80\x03}."), "protocol 3"},
      {"protocol 4", pth_with("\x80\x04}."), "protocol 4"},
      {"PROTO twice", pth_with("\x80\x02\x80\x02}."), "twice"},
      {"no STOP", pth_with("\x80\x02}"), "STOP"},
      {"bytes after STOP", pth_with(pickle_of(one) + "."), "after STOP"},
      {"second pickle after STOP",
       pth_with(pickle_of(one) + "\x80\x02"
                                 "cos\nsystem\n."),
       "STOP"},
      {"two values", pth_with("\x80\x02}}."), "exactly one"},
      {"no value", pth_with("\x80\x02."), "exactly one"},
      {"open mark", pth_with("\x80\x02(}."), "exactly one"},
      {"STOP under a mark", pth_with("\x80\x02}(."), "exactly one"},
      {"TUPLE without mark", pth_with("\x80\x02t."), "no mark"},
      {"TUPLE2 under a mark", pth_with("\x80\x02NN(\x86."), "stack is empty"},
      {"marks too deep", pth_with("\x80\x02" + deep), "nested"},
      {"tuples too deep", pth_with(nested + "."), "nested"},
      {"a list in itself", pth_with(list + "."), "nested"},
      {"memo not set", pth_with("\x80\x02h\x05."), "never set"},
      {"memo far not set", pth_with("\x80\x02j\xFF\xFF\xFF\xFF."), "never set"},
      {"memo too large", pth_with("\x80\x02}r\xFF\xFF\xFF\x7F."), "memo"},
      {"put on nothing", pth_with("\x80\x02q\x01."), "stack is empty"},
      {"text past the end",
       pth_with("\x80\x02X\xFF\xFF\xFF\x7F"
                "abc."),
       "past the end"},
      {"bad UTF-8", pth_with("\x80\x02X\x02\x00\x00\x00\xC3\x28."s), "UTF-8"},
      {"long number",
       pth_with("\x80\x02\x8a\x09"
                "123456789."),
       "LONG1"},
      {"a single tensor", pth_with("\x80\x02" + tensor() + "."), "single tensor"},
      {"a list of tensors", pth_with("\x80\x02](" + tensor() + "e."), "dict of tensors"},
      {"a number for a tensor", pth_with(pickle_of(text("w") + "K\x01")), "does not hold a tensor"},
      {"a name twice", pth_with(pickle_of(one + one)), "twice"},
      {"a name twice by prefix", pth_with(pickle_of(one + text("model.w") + tensor())), "twice"},
      {"an empty name", pth_with(pickle_of(text("") + tensor())), "name"},
      {"a long name", pth_with(pickle_of(text(std::string(1025, 'n')) + tensor())), "name"},
      {"a name with a line break", pth_with(pickle_of(text("a\nb") + tensor())), "name"},
      {"a numbered tensor", pth_with(pickle_of("K\x01" + tensor())), "name"},
  });
}

}  // namespace
}  // namespace greylag
