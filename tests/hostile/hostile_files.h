// SPDX-License-Identifier: Apache-2.0
// Which files must never be accepted, and by which reader? One function per kind of trick; every
// file breaks one rule of a file that is otherwise faultless. Rules: facts
// reliability-and-security 2.1 to 2.3.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tests/hostile/hostile_file.h"

namespace greylag::test {

std::vector<HostileFile> hostile_pickle_opcodes();
std::vector<HostileFile> hostile_pickle_globals();
std::vector<HostileFile> hostile_pickle_calls();      // REDUCE, BUILD, SETITEM, APPEND
std::vector<HostileFile> hostile_pickle_storages();   // persistent ids
std::vector<HostileFile> hostile_pickle_tensors();    // sizes, strides, offsets
std::vector<HostileFile> hostile_pickle_structure();  // protocols, memo, depth, names
std::vector<HostileFile> hostile_zip_entries();
std::vector<HostileFile> hostile_zip_names();
std::vector<HostileFile> hostile_zip_ends();
std::vector<HostileFile> hostile_zip_truncations();
std::vector<HostileFile> hostile_safetensors_headers();
std::vector<HostileFile> hostile_safetensors_tensors();
std::vector<HostileFile> hostile_safetensors_blocks();
std::vector<HostileFile> hostile_safetensors_truncations();
std::vector<HostileFile> hostile_gguf_headers();
std::vector<HostileFile> hostile_gguf_keys();
std::vector<HostileFile> hostile_gguf_tensors();
std::vector<HostileFile> hostile_gguf_offsets();
std::vector<HostileFile> hostile_gguf_foreign();  // whole files of other models
std::vector<HostileFile> hostile_gguf_layout();   // tensors that RWKV-7 does not have
std::vector<HostileFile> hostile_gguf_sizes();    // keys that contradict the tensors
std::vector<HostileFile> hostile_gguf_truncations();
std::vector<HostileFile> hostile_rwkv_cpp();
std::vector<HostileFile> hostile_rwkv_cpp_truncations();
std::vector<HostileFile> hostile_other_kinds();  // 7z, tar, legacy pickles, text ...
std::vector<HostileFile> hostile_states();
std::vector<HostileFile> hostile_adapters();
std::vector<HostileFile> hostile_vocabularies();

enum class ReadAs { Checkpoint, State, Adapter, Vocabulary };

struct HostileSet {
  std::string name;  // "pickle-opcodes": files are called NAME-NUMBER
  ReadAs read_as;
  std::vector<HostileFile> (*files)();
};
// All of the above.
const std::vector<HostileSet>& hostile_sets();

// Opens the file as a user's file of that kind is opened, and reads all that it holds. States and
// adapters are read for a model of 2 layers, 2 heads of 4, width 8.
Status read_as(ReadAs kind, const std::filesystem::path& path);

}  // namespace greylag::test
