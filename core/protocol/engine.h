// SPDX-License-Identifier: Apache-2.0
// The engine as it crosses a process border: hand-shake, status, models, downloads, configurations,
// events. JSON keys are the field names. Routes: core/protocol/README.md.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace greylag::protocol {

inline constexpr int kProtocolVersion = 1;
inline constexpr int kDefaultPort = 17777;

// First line of `serve`'s stdout, and HOME/engine.record.json while it lives.
struct Handshake {
  int protocol = kProtocolVersion;
  int64_t pid = 0;
  uint64_t start_mark = 0;  // of that process: another one may have the pid by now
  int port = 0;
  std::string token_file;          // api token, for /v1
  std::string control_token_file;  // control token, for /engine (and /v1)
};

struct DeviceStatus {
  std::string id, name, detail, why;
  uint64_t memory_bytes = 0;
  bool is_usable = false;
  bool is_chosen = false;
};
struct DeviceList {
  std::vector<DeviceStatus> devices;
};

// A request of an API client, live or among the last 100.
struct RequestStatus {
  uint64_t id = 0;
  std::string route;  // "POST /v1/chat/completions"
  std::string model;
  std::string state;  // "waiting" | "running" | "done" | "cancelled" | "failed"
  int status = 0;     // HTTP
  double started_unix_time = 0;
  double seconds = 0;
  int64_t prompt_tokens = 0, completion_tokens = 0;
  double tokens_per_second = 0;
  double roof_share = 0;  // of what memory bandwidth allows, at most 1; 0 = unknown
};
struct RequestList {
  std::vector<RequestStatus> requests;
};

struct EngineStatus {
  std::string version;
  int protocol = kProtocolVersion;
  int64_t pid = 0;
  int port = 0;
  std::string home;
  double uptime_seconds = 0;
  DeviceStatus device;                     // the chosen one
  std::vector<std::string> loaded_models;  // ids
  uint64_t memory_resident_bytes = 0;
  uint64_t memory_available_bytes = 0;
  uint64_t disk_free_bytes = 0;
  int32_t running = 0, waiting = 0;
};

struct ModelStatus {
  std::string id;
  std::string path;
  std::string format, architecture, dtype;
  int64_t layers = 0, width = 0, heads = 0, vocab = 0, parameters = 0;
  uint64_t size_bytes = 0;
  bool is_builtin = false;  // shipped with the program
  bool is_deletable = false;
  bool is_loaded = false;
  bool is_loading = false;
  std::string vocabulary;  // "byte", "world", "neox"; empty when missing
  std::string problem;     // why it cannot be used, one sentence; empty when it can
};
struct ModelList {
  std::vector<ModelStatus> models;
};

// An adapter, tuned state or reasoning core: of HOME/adapters, HOME/states, or a run's checkpoint.
struct AdapterStatus {
  std::string id;  // file name without extension, or "<run>@<step>"
  std::string path;
  std::string method;  // lora | pissa | miss | state | hrm
  int64_t rank = 0;
  double alpha = 0;               // of a lora: its scale is alpha / rank
  bool is_alpha_assumed = false;  // nothing says its alpha: it is the rank; see AlphaRequest
  int64_t cycles = 0;             // H-cycles of a reasoning core: the largest effort
  std::string base_sha256;
  std::string base_model;  // id of an installed model with that hash; empty if none
  std::string run;         // run id it comes from; empty for imported files
  uint64_t size_bytes = 0;
  bool is_deletable = false;  // false: a run's, or outside HOME
};
struct AdapterList {
  std::vector<AdapterStatus> adapters;
};

// What alpha a lora of HOME/adapters was trained with, for one that does not say. Kept beside it.
struct AlphaRequest {
  double alpha = std::numeric_limits<double>::quiet_NaN();  // required
};

// What a merge script of another program wants to be told of a lora; 0 for the other methods.
struct ExportReply {
  std::string path;
  std::string method;
  int64_t rank = 0;
  double alpha = 0;
  uint64_t size_bytes = 0;
};

struct PathRequest {
  std::string path;
  std::string kind;  // import: "model" | "vocabulary" | "adapter"; empty = by content
};
struct DeleteReply {
  uint64_t freed_bytes = 0;
};

// A model of the library as another file of HOME/models: name ends in .gguf, .safetensors or .pth;
// type is a number format (f16, q8_0, q4_k, ...; empty: as it is).
struct ConvertRequest {
  std::string name, type;
};
// state: "running" | "done" | "failed" | "cancelled"; the same request goes on after the latter two
struct ConversionStatus {
  std::string model;  // id of the source
  std::string name, type;
  std::string state, error;
  std::string id;  // of the new model, when done
  uint64_t bytes_done = 0, bytes_total = 0;
  uint64_t size_bytes = 0;  // of the new file, when done
  double seconds_left = 0;
  std::vector<std::string> notes;  // what the user should know, a sentence each
};
struct ConversionList {
  std::vector<ConversionStatus> conversions;  // the one that runs, or the last; at most one
};

struct CatalogueEntry {
  std::string id, name, description, licence, file_name, url;
  std::string sha256;          // empty: none was published, the host must state one
  std::string kind = "model";  // model | vocabulary
  uint64_t size_bytes = 0;     // 0 = not published
  int64_t parameters = 0;
  bool is_installed = false;
  std::vector<std::string> mirrors;  // other hosts of the same file, tried in turn
};
struct Catalogue {
  std::vector<CatalogueEntry> entries;
};

// state: "queued" | "running" | "paused" | "verifying" | "done" | "failed" | "cancelled"
struct DownloadStatus {
  std::string id;
  std::string name, file_name, url;
  std::string state;
  std::string error;
  uint64_t bytes_done = 0, bytes_total = 0;
  double bytes_per_second = 0;
  double seconds_left = 0;
  // Whose SHA-256 decides: "pinned" (the request's or the catalogue's) | "host" (stated by the host
  // itself: damage is found, a host that lies is not) | "" (not known yet).
  std::string verification;
};
struct DownloadList {
  std::vector<DownloadStatus> downloads;
};
struct DownloadRequest {
  std::string catalogue_id;            // or url + file_name
  std::string url, sha256, file_name;  // sha256 may be empty: the host must state it then
  std::vector<std::string> mirrors;
};

// What a model hub offers.
struct HubRepository {
  std::string id;  // OWNER/NAME
  int64_t downloads = 0, likes = 0;
};
struct HubRepositoryList {
  std::vector<HubRepository> repositories;
};
struct HubFile {
  std::string path;  // inside the repository
  std::string file_name, url;
  std::vector<std::string> mirrors;
  uint64_t size_bytes = 0;
  bool is_installed = false;
};
struct HubFileList {
  std::string repository;
  std::vector<HubFile> files;
};

// A named configuration: what Chat and Server pick by name. Requests may give its name as "model".
struct Configuration {
  std::string name;
  std::string model;    // model id
  std::string adapter;  // adapter id; empty = none
  std::string state;    // state id; empty = none
  std::string device = "auto";
  std::string system_prompt;
  double temperature = 1.0, top_p = 0.5;
  int64_t top_k = 100;
  double presence_penalty = 0, frequency_penalty = 0, penalty_decay = 0.996;
  int64_t max_tokens = 512;
};
struct ConfigurationList {
  std::vector<Configuration> configurations;
};

// HOME/engine.json
struct EngineSettings {
  int port = kDefaultPort;
  std::string device = "auto";
  int64_t threads = 0;        // 0 = all cores
  std::string default_model;  // id; empty = first usable
  std::vector<Configuration> configurations;
};

// GET /engine/events, one SSE message each: `event: <type>` + `data: <json of the struct>`.
// type       data
// status     EngineStatus      at connect and on change
// model      ModelStatus       loaded, unloaded, imported
// models     ModelList         the list changed
// download   DownloadStatus    at most 4 a second per download
// run        RunStatus         state or step changed, at most 10 a second per run
// metric     MetricEvent       every optimizer step of every live run; null is no number (NaN)
// request    RequestStatus     started, ended, at most 4 a second while running
// import     ImportStatus
// conversion ConversionStatus  at most 4 a second
struct MetricEvent {
  std::string run;
  std::vector<int64_t> step;
  std::vector<double> loss, lr, grad_norm, tokens_per_second;
  std::vector<int64_t> val_step;
  std::vector<double> val_loss;
  // Method hrm only, else empty: of each step, what Metric has under these names. A step without a
  // value has an empty row, or NaN.
  std::vector<std::vector<double>> cycle_losses, cycle_changes;
  std::vector<double> halt_depth;  // with hrm_halting only
};
struct ImportStatus {
  std::string path;
  std::string state;  // "running" | "done" | "failed"
  std::string error;
  std::string id;  // of the imported model, when done
  uint64_t bytes_done = 0, bytes_total = 0;
};

}  // namespace greylag::protocol
