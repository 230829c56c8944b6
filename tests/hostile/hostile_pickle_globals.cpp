// SPDX-License-Identifier: Apache-2.0
// Names that a pickle must not mention: those that run code, those that rebuild other tensors than
// dense ones, and near misses of the allowed ones. Each is called once and once only mentioned.
#include <fmt/format.h>

#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

using namespace std::string_literals;

struct Name {
  const char* module;
  const char* name;
};

constexpr Name kRunCode[] = {
    {"os", "system"},
    {"os", "popen"},
    {"os", "execv"},
    {"os", "spawnl"},
    {"os", "remove"},
    {"posix", "system"},
    {"posix", "fork"},
    {"nt", "system"},
    {"builtins", "eval"},
    {"builtins", "exec"},
    {"builtins", "compile"},
    {"builtins", "getattr"},
    {"builtins", "setattr"},
    {"builtins", "open"},
    {"builtins", "__import__"},
    {"builtins", "breakpoint"},
    {"builtins", "object"},
    {"builtins", "bytearray"},
    {"builtins", "set"},
    {"builtins", "complex"},
    {"__builtin__", "eval"},
    {"__builtin__", "file"},
    {"__main__", "Model"},
    {"subprocess", "Popen"},
    {"subprocess", "check_output"},
    {"subprocess", "run"},
    {"commands", "getoutput"},
    {"pty", "spawn"},
    {"socket", "create_connection"},
    {"urllib.request", "urlopen"},
    {"webbrowser", "open"},
    {"shutil", "rmtree"},
    {"ctypes", "CDLL"},
    {"importlib", "import_module"},
    {"runpy", "run_path"},
    {"runpy", "_run_code"},
    {"pickle", "loads"},
    {"pickle", "load_build"},
    {"_pickle", "Unpickler"},
    {"marshal", "loads"},
    {"types", "CodeType"},
    {"types", "FunctionType"},
    {"code", "InteractiveInterpreter"},
    {"bdb", "Bdb.run"},
    {"cProfile", "run"},
    {"timeit", "timeit"},
    {"pdb", "run"},
    {"asyncio", "create_subprocess_shell"},
    {"multiprocessing.util", "spawnv_passfds"},
    {"codecs", "encode"},
    {"_codecs", "encode"},
    {"codecs", "open"},
    {"operator", "attrgetter"},
    {"operator", "methodcaller"},
    {"operator", "itemgetter"},
    {"functools", "partial"},
    {"functools", "reduce"},
    {"copyreg", "_reconstructor"},
    {"copy_reg", "_reconstructor"},
    {"pip._internal", "main"},
    {"sys", "modules"},
    {"sys", "settrace"},
};

constexpr Name kOtherTensors[] = {
    {"torch", "load"},
    {"torch", "hub.load"},
    {"torch", "device"},
    {"torch", "Tensor"},
    {"torch", "FloatTensor"},
    {"torch", "UntypedStorage"},
    {"torch", "ComplexFloatStorage"},
    {"torch", "QInt8Storage"},
    {"torch", "QUInt4x2Storage"},
    {"torch", "complex64"},
    {"torch", "float8_e4m3fn"},
    {"torch", "qint8"},
    {"torch", "sparse_coo"},
    {"torch.jit", "load"},
    {"torch.jit._pickle", "build_intlist"},
    {"torch.hub", "load"},
    {"torch.storage", "_load_from_bytes"},
    {"torch.storage", "UntypedStorage"},
    {"torch.storage", "TypedStorage"},
    {"torch.cuda", "FloatStorage"},
    {"torch.serialization", "_get_layout"},
    {"torch.nn.parameter", "Parameter"},
    {"torch.nn.modules.linear", "Linear"},
    {"torch.package", "PackageImporter"},
    {"torch.fx.graph_module", "reduce_graph_module"},
    {"torch._tensor", "_rebuild_from_type_v2"},
    {"torch._utils", "_rebuild_tensor"},
    {"torch._utils", "_rebuild_tensor_v3"},
    {"torch._utils", "_rebuild_sparse_tensor"},
    {"torch._utils", "_rebuild_sparse_csr_tensor"},
    {"torch._utils", "_rebuild_nested_tensor"},
    {"torch._utils", "_rebuild_qtensor"},
    {"torch._utils", "_rebuild_meta_tensor_no_storage"},
    {"torch._utils", "_rebuild_device_tensor_from_numpy"},
    {"torch._utils", "_rebuild_wrapper_subclass"},
    {"torch._utils", "_rebuild_parameter_with_state"},
    {"torch._utils", "_import_dotted_name"},
    {"torch._C", "_nn"},
    {"torch.utils._config_module", "load_config"},
    {"collections", "Counter"},
    {"collections", "defaultdict"},
    {"collections", "deque"},
    {"collections", "namedtuple"},
    {"numpy", "load"},
    {"numpy", "dtype"},
    {"numpy", "ndarray"},
    {"numpy.core.multiarray", "_reconstruct"},
    {"numpy.core.multiarray", "scalar"},
    {"numpy._core.multiarray", "_reconstruct"},
    {"numpy.testing._private.utils", "runstring"},
};

constexpr Name kNearMisses[] = {
    {"Torch", "FloatStorage"},
    {"torch", "FloatStorage "},
    {"torch ", "FloatStorage"},
    {"torch.", "FloatStorage"},
    {"torch", "floatStorage"},
    {"torch", "FloatStorag"},
    {"torch", "FloatStorage\r"},
    {"torch\r", "FloatStorage"},
    {"torch", "Size.__class__"},
    {"torch._utils", "_rebuild_tensor_v2.__globals__"},
    {"torch._utils._rebuild_tensor_v2", ""},
    {"collections", "OrderedDict.__init__"},
    {"collections.OrderedDict", "OrderedDict"},
    {"", "OrderedDict"},
    {"collections", ""},
    {"", ""},
    {"os.\xFF", "x"},
};

void add(std::vector<HostileFile>& files, const Name& name) {
  const std::string global = fmt::format("c{}\n{}\n", name.module, name.name);
  std::string rule = fmt::format("global {}.{} is not allowed", name.module, name.name);
  for (char& c : rule) c = c < 0x20 || c == 0x7F ? '?' : c;  // as messages show it
  const std::string what = fmt::format("{}.{}", name.module, name.name);
  files.push_back({"call of " + what, pth_with("\x80\x02" + global + text("id") + "\x85R."), rule});
  files.push_back({"mention of " + what, pth_with(pickle_of(text("w") + global)), rule});
}

}  // namespace

std::vector<HostileFile> hostile_pickle_globals() {
  std::vector<HostileFile> files;
  for (const Name& name : kRunCode) add(files, name);
  for (const Name& name : kOtherTensors) add(files, name);
  for (const Name& name : kNearMisses) add(files, name);
  // Where an allowed name would stand.
  files.push_back({"os.system as a storage type",
                   pth_with(pickle_of(text("w") + tensor({.type = "cos\nsystem\n"}))),
                   "global os.system is not allowed"});
  files.push_back({"os.system among the hooks",
                   pth_with(pickle_of(text("w") + tensor({.hooks = "cos\nsystem\n)R"}))),
                   "global os.system is not allowed"});
  files.push_back(
      {"os.system in the discarded _metadata",
       pth_with("\x80\x02" + RawTensor().hooks + "}" + text("_metadata") + "cos\nsystem\nsb."),
       "global os.system is not allowed"});
  files.push_back({"os.system behind a whole state dict",
                   pth_with("\x80\x02}(" + text("w") + tensor() + "u" + "cos\nsystem\n" +
                            text("id") + "\x85R."),
                   "global os.system is not allowed"});
  files.push_back({"a module name without end",
                   pth_with("\x80\x02"
                            "c" +
                            std::string(1000, 'a')),
                   "a name is too long"});
  files.push_back({"a module name of 256 bytes",
                   pth_with("\x80\x02"
                            "c" +
                            std::string(256, 'a') + "\nb\n."),
                   "a name is too long"});
  files.push_back({"a name that ends with the file",
                   pth_with("\x80\x02"
                            "ctorch\nSiz"),
                   "a name is too long"});
  return files;
}

}  // namespace greylag::test
