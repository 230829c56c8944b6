// SPDX-License-Identifier: Apache-2.0
// Allowed opcodes and names, put together to something that is no dense tensor of the file.
#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

using namespace std::string_literals;

std::string with_tensor(const RawTensor& raw) {
  return pth_with(pickle_of(text("w") + tensor(raw)));
}

std::string with_value(const std::string& value) { return pth_with(pickle_of(text("w") + value)); }

std::string stream(const std::string& pickle) { return pth_with("\x80\x02" + pickle); }

// Two tensors of one storage, of which each views all of it `times` times by stride 0.
std::string aliased(int tensors, int64_t times) {
  std::string items;
  for (int i = 0; i < tensors; ++i) {
    items += text("w" + std::to_string(i)) +
             tensor({.size = tuple(integer(times) + "K\x04"), .stride = tuple("K\x00K\x01"s)});
  }
  return pth_with(pickle_of(items));
}

}  // namespace

std::vector<HostileFile> hostile_pickle_calls() {
  const std::string hooks = RawTensor().hooks;
  const std::string ordered = "ccollections\nOrderedDict\n";
  const std::string parameter = "ctorch._utils\n_rebuild_parameter\n";
  const std::string rebuild = "ctorch._utils\n_rebuild_tensor_v2\n";
  return {
      {"REDUCE on text", stream(text("os.system") + ")R."), "REDUCE"},
      {"REDUCE on a dict", stream("})R."), "REDUCE"},
      {"REDUCE on a number", stream("K\x01)R."), "REDUCE"},
      {"REDUCE on a tensor", with_value(tensor() + ")R"), "REDUCE"},
      {"REDUCE with a list", stream(ordered + "]R."), "REDUCE"},
      {"REDUCE with None", stream(ordered + "NR."), "REDUCE"},
      {"REDUCE with one value on the stack", stream(")R."), "stack is empty"},
      {"REDUCE on an empty stack", stream("R."), "stack is empty"},
      {"OrderedDict with items", stream(ordered + tuple("]") + "R."), "OrderedDict"},
      {"calling a storage type", stream("ctorch\nFloatStorage\n(K\x04tR."), "REDUCE"},
      {"calling a storage type with a path",
       stream("ctorch\nFloatStorage\n" + tuple(text("/etc/passwd")) + "R."), "REDUCE"},
      {"calling a dtype", stream("ctorch\nfloat32\n)R."), "REDUCE"},
      {"Size of a number", stream("ctorch\nSize\n(K\x04tR."), "torch.Size"},
      {"Size of two tuples", stream("ctorch\nSize\n()))tR."), "torch.Size"},
      {"Size of nothing", stream("ctorch\nSize\n)R."), "torch.Size"},
      {"parameter of a dict", with_value(parameter + tuple("}\x88" + hooks) + "R"),
       "_rebuild_parameter"},
      {"parameter with a number as flag",
       with_value(parameter + tuple(tensor() + "K\x01" + hooks) + "R"), "_rebuild_parameter"},
      {"parameter with hooks",
       with_value(parameter + tuple(tensor() + "\x88" + hooks + "K\x01Ns") + "R"),
       "_rebuild_parameter"},
      {"parameter with a fourth argument",
       with_value(parameter + tuple(tensor() + "\x88" + hooks + "}") + "R"), "_rebuild_parameter"},
      {"parameter without hooks", with_value(parameter + tuple(tensor() + "\x88") + "R"),
       "_rebuild_parameter"},
      {"tensor without arguments", with_value(rebuild + ")R"), "arguments"},
      {"tensor of a persistent id's tuple", with_value(rebuild + tuple(")" + integer(0)) + "R"),
       "arguments"},
      {"BUILD on a tensor", with_value(tensor() + "}b"), "BUILD"},
      {"BUILD on a plain dict", stream("}}b."), "BUILD"},
      {"BUILD on a type", stream(ordered + "}b."), "BUILD"},
      {"BUILD with a tuple", stream(hooks + ")b."), "BUILD"},
      {"BUILD with another attribute", stream(hooks + "}" + text("__class__") + "Nsb."), "BUILD"},
      {"BUILD with a second attribute",
       stream(hooks + "}(" + text("_metadata") + "}" + text("__setstate__") + "Nub."), "BUILD"},
      {"BUILD with a number as attribute", stream(hooks + "}K\x01Nsb."), "BUILD"},
      {"BUILD on an empty stack", stream("}b."), "stack is empty"},
      {"SETITEM on a list", stream("]" + text("a") + "Ns."), "SETITEM"},
      {"SETITEM on a tensor", with_value(tensor() + text("a") + "Ns"), "SETITEM"},
      {"SETITEM on a number", stream("K\x01" + text("a") + "Ns."), "SETITEM"},
      {"SETITEM on a type", stream(ordered + text("a") + "Ns."), "SETITEM"},
      {"SETITEM on nothing", stream(text("a") + "Ns."), "SETITEM"},
      {"SETITEMS on a tuple", stream(")(" + text("a") + "Nu."), "SETITEM"},
      {"SETITEMS on None", stream("N(" + text("a") + "Nu."), "SETITEM"},
      {"SETITEMS without a value", stream("}(" + text("a") + "u."), "SETITEMS"},
      {"SETITEMS without a mark", stream("}" + text("a") + "Nu."), "no mark"},
      {"a list as a key", stream("}]Ns."), "dict key"},
      {"a tensor as a key", stream("}" + tensor() + "Ns."), "dict key"},
      {"None as a key", stream("}NNs."), "dict key"},
      {"APPEND on a dict", stream("}Na."), "APPEND"},
      {"APPEND on a tuple", stream(")Na."), "APPEND"},
      {"APPEND on text", stream(text("a") + "Na."), "APPEND"},
      {"APPENDS on a tuple", stream(")(Ne."), "APPEND"},
      {"APPENDS on a tensor", with_value(tensor() + "(Ne"), "APPEND"},
      {"APPENDS without a mark", stream("]Ne."), "no mark"},
      {"a dict behind the mark of its items", stream("(}" + text("a") + "Nu."), "SETITEM"},
  };
}

std::vector<HostileFile> hostile_pickle_storages() {
  const std::string rule = "persistent id";
  const std::string id =
      text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + integer(4);
  return {
      {"text as id", with_value(text("0") + "Q"), rule},
      {"a number as id", with_value("K\x00Q"s), rule},
      {"a list as id", with_value("](" + id + "eQ"), rule},
      {"a dict as id", with_value("}Q"), rule},
      {"an empty tuple as id", with_value(")Q"), rule},
      {"a short id", with_value(tuple(text("storage")) + "Q"), rule},
      {"an id with a view's metadata", with_value(tuple(id + "N") + "Q"), rule},
      {"an id without numel", with_value(tuple(id.substr(0, id.size() - 5)) + "Q"), rule},
      {"no id", stream("Q."), "stack is empty"},
      {"another kind", with_tensor({.storage = text("module")}), rule},
      {"a kind with another case", with_tensor({.storage = text("Storage")}), rule},
      {"a number as kind", with_tensor({.storage = "K\x01"}), rule},
      {"a dtype as type", with_tensor({.type = "ctorch\nfloat32\n"}), rule},
      {"OrderedDict as type", with_tensor({.type = "ccollections\nOrderedDict\n"}), rule},
      {"text as type", with_tensor({.type = text("FloatStorage")}), rule},
      {"a path as key", with_tensor({.key = text("../0")}), rule},
      {"an absolute path as key", with_tensor({.key = text("/etc/passwd")}), rule},
      {"a slash as key", with_tensor({.key = text("0/../0")}), rule},
      {"an empty key", with_tensor({.key = text("")}), rule},
      {"a key with a NUL", with_tensor({.key = text("0\0"s)}), rule},
      {"a key with a blank", with_tensor({.key = text("0 ")}), rule},
      {"a key in other digits", with_tensor({.key = text("\xD9\xA0")}), rule},
      {"a key of 21 digits", with_tensor({.key = text(std::string(21, '0'))}), rule},
      {"a number as key", with_tensor({.key = "K\x01"s}), rule},
      {"a negative key", with_tensor({.key = text("-1")}), rule},
      {"a shell command as device", with_tensor({.device = text("cpu; rm")}), rule},
      {"a path as device", with_tensor({.device = text("../cpu")}), rule},
      {"an empty device", with_tensor({.device = text("")}), rule},
      {"a device of 33 letters", with_tensor({.device = text(std::string(33, 'c'))}), rule},
      {"no device", with_tensor({.device = "N"}), rule},
      {"negative elements", with_tensor({.elements = integer(-4)}), rule},
      {"elements as a float", with_tensor({.elements = "G" + le(0, 8)}), rule},
      {"elements as text", with_tensor({.elements = text("4")}), rule},
      {"elements as true", with_tensor({.elements = "\x88"}), rule},
      {"an absent storage", with_tensor({.key = text("7")}), "storage is not in the file"},
      {"a storage by another spelling", with_tensor({.key = text("00")}),
       "storage is not in the file"},
      {"too few elements", with_tensor({.elements = integer(3)}), "size of its storage"},
      {"too many elements", with_tensor({.elements = integer(5)}), "size of its storage"},
      {"no elements", with_tensor({.elements = integer(0)}), "size of its storage"},
      {"overflowing elements", with_tensor({.elements = integer((int64_t{1} << 62) + 4)}),
       "size of its storage"},
      {"as many elements as there are", with_tensor({.elements = integer(INT64_MAX)}),
       "size of its storage"},
      {"a wider type", with_tensor({.type = "ctorch\nDoubleStorage\n"}), "size of its storage"},
      {"a narrower type", with_tensor({.type = "ctorch\nHalfStorage\n"}), "size of its storage"},
      {"bytes for floats", with_tensor({.type = "ctorch\nByteStorage\n"}), "size of its storage"},
  };
}

std::vector<HostileFile> hostile_pickle_tensors() {
  const std::string beyond = "beyond its storage";
  const auto big = integer(int64_t{1} << 62), zero = "K\x00"s;
  return {
      {"too long", with_tensor({.size = tuple("K\x05")}), beyond},
      {"offset by one", with_tensor({.offset = integer(1)}), beyond},
      {"offset of the whole storage", with_tensor({.offset = integer(4)}), beyond},
      {"stride of two", with_tensor({.stride = tuple("K\x02")}), beyond},
      {"a matrix one row too high",
       with_tensor({.size = tuple("K\x03K\x02"), .stride = tuple("K\x02K\x01")}), beyond},
      {"a transposed matrix one column too wide",
       with_tensor({.size = tuple("K\x02K\x03"), .stride = tuple("K\x01K\x02")}), beyond},
      {"huge stride", with_tensor({.size = tuple("K\x02"), .stride = tuple(big)}), beyond},
      {"overflowing stride",
       with_tensor({.size = tuple(integer(5) + "K\x01"), .stride = tuple(big + "K\x01")}), beyond},
      {"overflowing sum of strides",
       with_tensor({.size = tuple("K\x03K\x03"), .stride = tuple(big + big)}), beyond},
      {"overflowing offset", with_tensor({.offset = integer(INT64_MAX)}), beyond},
      {"offset that wraps in bytes", with_tensor({.offset = integer(int64_t{1} << 62)}), beyond},
      {"huge size", with_tensor({.size = tuple(big), .stride = tuple(zero)}), "overflow"},
      {"overflowing size", with_tensor({.size = tuple(big + big), .stride = tuple(zero + zero)}),
       "overflow"},
      {"size that wraps to zero",
       with_tensor({.size = tuple(integer(int64_t{1} << 32) + integer(int64_t{1} << 32)),
                    .stride = tuple(zero + zero)}),
       "overflow"},
      {"2^49 elements",
       with_tensor({.size = tuple(integer(int64_t{1} << 49)), .stride = tuple(zero)}), "overflow"},
      {"overflow before a zero",
       with_tensor({.size = tuple(big + big + zero), .stride = tuple(zero + zero + zero)}),
       "overflow"},
      {"stride 0 amplification",
       with_tensor({.size = tuple(integer(1 << 20)), .stride = tuple(zero)}), "twice"},
      {"amplification by two tensors", aliased(2, 64), "twice"},
      {"amplification by a hundred tensors", aliased(100, 64), "twice"},
      {"amplification by four dimensions",
       with_tensor(
           {.size = tuple("K\x40K\x40K\x40K\x40"), .stride = tuple("K\x00K\x00K\x00K\x00"s)}),
       "twice"},
      {"a negative size", with_tensor({.size = tuple(integer(-1))}), "negative"},
      {"the least number as size", with_tensor({.size = tuple(integer(INT64_MIN))}), "negative"},
      {"a negative stride", with_tensor({.stride = tuple(integer(-1))}), "negative"},
      {"a negative stride of a single element",
       with_tensor({.size = tuple("K\x01"), .stride = tuple(integer(-1))}), "negative"},
      {"a negative offset", with_tensor({.offset = integer(-1)}), "negative"},
      {"a negative LONG1 as offset", with_tensor({.offset = "\x8a\x01\xFF"}), "negative"},
      {"text as size", with_tensor({.size = tuple(text("4"))}), "not a number"},
      {"a float as size", with_tensor({.size = tuple("G" + le(0, 8))}), "not a number"},
      {"true as size", with_tensor({.size = tuple("\x88")}), "not a number"},
      {"None as stride", with_tensor({.stride = tuple("N")}), "not a number"},
      {"no stride", with_tensor({.stride = ")"}), "different lengths"},
      {"one stride too many", with_tensor({.stride = tuple("K\x01K\x01")}), "different lengths"},
      {"nine dimensions",
       with_tensor({.size = tuple(std::string(18, 'K')), .stride = tuple(std::string(18, 'K'))}),
       "8 dimensions"},
      {"a list as size", with_tensor({.size = "]"}), "arguments"},
      {"a number as size", with_tensor({.size = "K\x04"}), "arguments"},
      {"text as offset", with_tensor({.offset = text("0")}), "arguments"},
      {"a number as flag", with_tensor({.flag = "K\x01"}), "arguments"},
      {"None as hooks", with_tensor({.hooks = "N"}), "arguments"},
      {"a plain dict as hooks", with_tensor({.hooks = "}"}), "arguments"},
      {"hooks that are not empty", with_tensor({.hooks = RawTensor().hooks + "K\x01Ns"}),
       "arguments"},
      {"a seventh argument", with_tensor({.more = "}"}), "arguments"},
  };
}

}  // namespace greylag::test
