// SPDX-License-Identifier: Apache-2.0
#include "core/server/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/base/exception_error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/hub/leftovers.h"
#include "core/protocol/codec.h"
#include "core/server/completion_job.h"
#include "core/server/completion_wait.h"
#include "core/server/converter.h"
#include "core/server/engine_routes.h"
#include "core/server/engine_state.h"
#include "core/server/importer.h"
#include "core/server/job_runner.h"
#include "core/server/merge_run.h"
#include "core/server/openai_routes.h"
#include "core/server/reasoner.h"
#include "core/server/run_supervisor.h"
#include "core/server/run_watcher.h"
#include "core/server/start_thread.h"

namespace greylag {
namespace {

constexpr std::chrono::milliseconds kDrain{2'000};
constexpr int kLibraryTicks = 10;  // once a second
constexpr int kStatusTicks = 5;    // at most two status events a second
constexpr int kSettleTicks = 30;   // three seconds

// Ends with the engine even when a later part fails to start.
class HomeLock {
 public:
  explicit HomeLock(int64_t handle) : handle_(handle) {}
  ~HomeLock() { platform::release_lock(handle_); }
  HomeLock(const HomeLock&) = delete;
  HomeLock& operator=(const HomeLock&) = delete;

 private:
  int64_t handle_;
};

ModelPool::Options pool_options(const EngineOptions& options, const protocol::EngineSettings& s,
                                const std::shared_ptr<const Roof>& roof = {}) {
  ModelPool::Options pool;
  pool.device = options.device.value_or(s.device);
  pool.threads = options.threads > 0 ? options.threads : static_cast<unsigned>(s.threads);
  if (pool.threads == 0) pool.threads = platform::cpu_count();
  pool.tokenizers_dir = options.home.tokenizers();
  pool.scheduler = options.scheduler;
  if (roof) pool.scheduler.roof = roof;
  return pool;
}

std::shared_ptr<Roof> make_roof(const EngineOptions& options, const protocol::EngineSettings& s,
                                const protocol::DeviceStatus& device) {
  if (options.scheduler.roof || device.id != "cpu") return nullptr;
  return std::make_shared<Roof>(pool_options(options, s).threads);
}

}  // namespace

// In order of construction; what is below may use what is above.
struct Engine::Parts {
  Parts(EngineOptions given, std::unique_ptr<HomeLock> home_lock, SettingsStore settings_store,
        Tokens both_tokens, protocol::DeviceStatus device)
      : options(std::move(given)),
        lock(std::move(home_lock)),
        settings(std::move(settings_store)),
        tokens(std::move(both_tokens)),
        models(options.home, options.models, options.vocabulary),
        adapters(options.home, options.adapters, options.adapter_alpha, models),
        requests([this](const auto& status) { events.publish("request", status); }),
        roof(make_roof(options, settings.get(), device)),
        pool(pool_options(options, settings.get(), roof), model_loads,
             [this](const auto& id) { on_model(id); }),
        downloads(options.home.downloads(), [this](const auto& status) { on_download(status); }),
        importer(options.home, [this](const auto& status) { on_import(status); }),
        converter(options.home, [this](const auto& status) { on_conversion(status); }),
        runs(options.home, models, options.trainer),
        reasoner(models, {.threads = pool_options(options, settings.get()).threads}),
        state(options.home, std::move(device)) {}

  void on_model(const std::string& id) {
    if (!events.has_listeners()) return;
    if (const auto entry = models.find(id)) events.publish("model", shown_model(services, *entry));
    events.publish("status", state.status(pool));
    is_status_stale = true;  // it may have counted a request that ends before the next tick
  }
  void on_download(const protocol::DownloadStatus& status) {
    events.publish("download", status);
    if (status.state == "done") publish_models();
  }
  void on_import(const protocol::ImportStatus& status) {
    events.publish("import", status);
    if (status.state == "done") publish_models();
  }
  void on_conversion(const protocol::ConversionStatus& status) {
    events.publish("conversion", status);
    if (status.state == "done") publish_models();
  }
  void publish_models() {
    protocol::ModelList list;
    for (const ModelEntry& entry : models.list())
      list.models.push_back(shown_model(services, entry));
    events.publish("models", list);
  }
  // Watcher's thread. Once, when nobody waits for an answer: it takes both cores and 256 MiB for a
  // quarter of a second. Not at the start, when a window is drawing itself and would be counted as
  // slow memory.
  void measure_when_idle() {
    if (!roof || has_measured || ticks < kSettleTicks) return;
    const auto is_live = [](const protocol::RequestStatus& status) {
      return status.state == "waiting" || status.state == "running";
    };
    if (std::ranges::any_of(requests.list(), is_live)) return;
    has_measured = true;
    auto thread = start_thread([this](const std::stop_token& stop) {
      const MemoryBandwidth found = roof->measure(stop);
      log_info("server",
               fmt::format("memory was measured read_gb_per_second={:.1f}", found.read / 1e9));
    });
    if (thread)
      roof_measurer = std::move(*thread);
    else
      log_warn("server", "memory is not measured: " + thread.error().message);
  }
  // Watcher's thread, ten times a second.
  void on_tick() {
    waits.look();
    measure_when_idle();
    if (ticks % kLibraryTicks == 0) watch_libraries();
    if (++ticks % kStatusTicks != 0 || !events.has_listeners()) return;
    const Scheduler::Load load = pool.load();
    const bool is_same = load.running == shown_load.running && load.waiting == shown_load.waiting;
    if (is_same && !is_status_stale.exchange(false)) return;
    shown_load = load;
    events.publish("status", state.status(pool));
  }
  // Watcher's thread: what others put into HOME is found, and shown, within a second.
  void watch_libraries() {
    if (models.look_for_changes()) publish_models();
    adapters.refresh();
  }
  void watch_runs() {
    RunWatcherHooks hooks;
    hooks.on_status = [this](const auto& status) { events.publish("run", status); };
    hooks.on_metrics = [this](const auto& metrics) { events.publish("metric", metrics); };
    hooks.on_tick = [this] { on_tick(); };
    watcher = std::make_unique<RunWatcher>(options.home.runs(), std::move(hooks));
  }
  Status listen() {
    Router router;
    add_status_routes(router, services);
    add_model_routes(router, services);
    add_reason_routes(router, services);
    add_run_routes(router, services);
    add_openai_routes(router, services);
    const int port = options.port.value_or(settings.get().port);
    auto listening = HttpServer::listen(
        port, std::move(router),
        [this](const HttpRequest& head, int own_port) {
          return check_access(head, own_port, tokens);
        },
        options.limits);
    if (!listening) return listening.error();
    server = std::move(*listening);
    return {};
  }

  const EngineOptions options;
  const std::unique_ptr<HomeLock> lock;
  SettingsStore settings;
  Tokens tokens;
  EventHub events;
  CompletionJobs jobs;
  CompletionWaits waits;
  JobRunner model_loads{{.threads = 2, .queue_limit = 16}};
  JobRunner extra_loads{{.threads = 2, .queue_limit = 64}};
  JobRunner long_jobs{{.threads = 2, .queue_limit = 16}};
  JobRunner searches{{.threads = 2, .queue_limit = 16}};
  ModelLibrary models;
  AdapterLibrary adapters;
  RequestLog requests;
  std::unique_ptr<HttpServer> server;  // outlives whoever may still hold an exchange
  const std::shared_ptr<Roof> roof;    // measured here; null: the options brought one, or no CPU
  ModelPool pool;
  Downloader downloads;
  Importer importer;
  Converter converter;
  RunSupervisor runs;
  Reasoner reasoner;
  EngineState state;
  Services services{options.home, settings,  tokens,    models,      adapters, pool,     downloads,
                    options.hubs, importer,  converter, runs,        reasoner, requests, jobs,
                    waits,        long_jobs, searches,  extra_loads, events,   state};
  std::unique_ptr<RunWatcher> watcher;
  protocol::Handshake handshake;
  std::atomic<bool> is_status_stale{false};
  std::jthread roof_measurer;  // started by the watcher's thread
  bool has_measured = false;   // watcher's thread
  int ticks = 0;               // watcher's thread
  Scheduler::Load shown_load;  // watcher's thread
};

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Engine>> Engine::start(EngineOptions options) {
  try {
    return start_parts(std::move(options));
  } catch (const std::system_error& problem) {  // of the threads that it always has
    return error_of(problem);
  }
}

Result<std::unique_ptr<Engine>> Engine::start_parts(EngineOptions options) {
  const auto lock = platform::acquire_lock(options.home.engine_lock());
  if (!lock) {
    if (lock.error().code != ErrorCode::Conflict) return lock.error();
    return Error{ErrorCode::Conflict, "another engine is running on " +
                                          path_to_utf8(options.home.root) +
                                          "; stop it or use another --home"};
  }
  auto held = std::make_unique<HomeLock>(*lock);
  remove_leftovers(options.home);
  remove_unnamed_models(options.home);
  auto settings = SettingsStore::open(options.home);
  if (!settings) return settings.error();
  const auto pool = pool_options(options, settings->get());
  auto device = choose_device(pool.device, pool.threads);
  if (!device) return device.error();
  auto tokens = Tokens::open(options.home);
  if (!tokens) return tokens.error();
  const Home home = options.home;
  auto parts = std::make_unique<Parts>(std::move(options), std::move(held), std::move(*settings),
                                       std::move(*tokens), std::move(*device));
  if (Status listening = parts->listen(); !listening) return listening.error();
  protocol::Handshake& handshake = parts->handshake;
  handshake.pid = platform::process_id();
  handshake.start_mark = platform::process_start_mark(handshake.pid).value_or(0);
  handshake.port = parts->server->port();
  handshake.token_file = path_to_utf8(home.api_token());
  handshake.control_token_file = path_to_utf8(home.control_token());
  if (Status s = write_file_atomic(home.engine_record(), protocol::encode(handshake) + "\n", true);
      !s) {
    return s.error();
  }
  parts->state.set_port(handshake.port);
  parts->watch_runs();
  std::unique_ptr<Engine> engine(new Engine(std::move(parts)));
  if (Status started = engine->parts_->server->start(); !started) return started.error();
  return engine;
}

const protocol::Handshake& Engine::handshake() const { return parts_->handshake; }

void Engine::set_on_shutdown(std::function<void()> callback) {
  parts_->state.set_on_shutdown(std::move(callback));
}

Engine::~Engine() {
  std::error_code ignored;
  std::filesystem::remove(parts_->options.home.engine_record(), ignored);
  parts_->watcher.reset();
  // All are told before any is waited for.
  parts_->pool.close();
  parts_->extra_loads.request_stop();
  parts_->long_jobs.request_stop();
  parts_->searches.request_stop();
  parts_->importer.request_stop();
  parts_->converter.request_stop();
  parts_->reasoner.request_stop();
  parts_->model_loads.stop();
  parts_->extra_loads.stop();
  parts_->jobs.cancel_all();  // what no load can begin any more: each client gets its last event
  parts_->long_jobs.stop();
  parts_->searches.stop();
  parts_->reasoner.stop();
  parts_->events.close();
  parts_->server->stop(kDrain);
  parts_->pool.clear();
}

}  // namespace greylag
