// SPDX-License-Identifier: GPL-3.0-or-later
// Sample data and the routes that read and change it.
#include "tests/support/fake_engine_data.h"

#include <QDateTime>
#include <algorithm>
#include <cmath>

#include "core/protocol/codec.h"

using namespace greylag::protocol;

namespace {

constexpr uint64_t kGb = 1'000'000'000;

template <typename T>
QByteArray json(const T& value) {
  return QByteArray::fromStdString(encode(value));
}

template <typename List>
auto findId(List& list, const std::string& id) {
  return std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.id == id; });
}

double lossAt(int64_t step) {
  return 1.1 + 2.2 * std::exp(-static_cast<double>(step) / 45.0) +
         0.08 * std::sin(static_cast<double>(step) * 1.7) *
             std::cos(static_cast<double>(step) * 0.6);
}

ModelStatus builtinModel() {
  ModelStatus model;
  model.id = "greylag-tiny";
  model.path = "/usr/share/greylag/models/greylag-tiny.safetensors";
  model.format = "safetensors";
  model.architecture = "rwkv7";
  model.dtype = "f16";
  model.layers = 6;
  model.width = 192;
  model.heads = 3;
  model.vocab = 256;
  model.parameters = 3'400'000;
  model.size_bytes = 6'900'000;
  model.is_builtin = true;
  model.is_loaded = true;
  model.vocabulary = "byte";
  return model;
}

ModelStatus worldModel() {
  ModelStatus model;
  model.id = "rwkv7-g1-0.1b";
  model.path = "/data/ada/.local/share/Greylag/models/rwkv7-g1-0.1b.pth";
  model.format = "pth";
  model.architecture = "rwkv7";
  model.dtype = "bf16";
  model.layers = 12;
  model.width = 768;
  model.heads = 12;
  model.vocab = 65536;
  model.parameters = 191'000'000;
  model.size_bytes = 382'000'000;
  model.vocabulary = "world";
  model.is_deletable = true;
  return model;
}

AdapterStatus adapter(const std::string& id, const std::string& method, const std::string& run) {
  AdapterStatus status;
  status.id = id;
  status.path = "/data/ada/.local/share/Greylag/runs/" + run + "/" + id + ".safetensors";
  status.method = method;
  status.base_model = "greylag-tiny";
  status.run = run;
  status.size_bytes = 1'200'000;
  return status;
}

AdapterStatus loraAdapter() {
  AdapterStatus status = adapter("questions@150", "lora", "questions");
  status.rank = 16;
  return status;
}

AdapterStatus coreAdapter() {
  AdapterStatus status = adapter("riddles@200", "hrm", "riddles");
  status.cycles = 3;
  return status;
}

RunStatus run(const std::string& id, const std::string& state, int64_t step) {
  RunStatus status;
  status.id = id;
  status.folder = "/data/ada/.local/share/Greylag/runs/" + id;
  status.config.name = id;
  status.config.model = "greylag-tiny";
  status.config.data = "/data/ada/Documents/questions.jsonl";
  status.config.steps = 200;
  status.state = state;
  status.step = step;
  status.loss = lossAt(step);
  status.val_loss = lossAt(step) + 0.05;
  status.has_val_loss = true;
  status.tokens_per_second = state == "running" ? 2140 : 0;
  status.seconds_left = state == "running" ? 74 : 0;
  status.started_unix_time = static_cast<double>(QDateTime::currentSecsSinceEpoch()) - 300;
  for (int64_t at = 50; at <= step; at += 50) {
    status.checkpoints.push_back(
        {at, status.folder + "/step-" + std::to_string(at) + "/adapter.safetensors",
         lossAt(at) + 0.05, true, at == step / 50 * 50, 1'200'000});
  }
  return status;
}

// A reasoning core with three H-cycles and halting.
RunStatus coreRun() {
  RunStatus status = run("riddles", "finished", 200);
  status.config.method = "hrm";
  status.config.lr = 2e-4;
  status.config.hrm_h_cycles = 3;
  status.config.hrm_halting = true;
  for (RunCheckpoint& checkpoint : status.checkpoints) {
    checkpoint.file =
        status.folder + "/step-" + std::to_string(checkpoint.step) + "/core.safetensors";
  }
  return status;
}

void addCycles(Metric& metric) {
  const auto step = static_cast<double>(metric.step);
  metric.cycle_losses = {metric.loss + 0.5, metric.loss + 0.16, metric.loss};
  metric.cycle_changes = {0.5 + 0.3 * std::exp(-step / 60.0), 0.2 + 0.3 * std::exp(-step / 40.0)};
  metric.has_halt_depth = true;
  metric.halt_depth = 1.6 + 1.4 * std::exp(-step / 50.0);
}

ReasonModel reasoner(const std::string& id, const std::string& task, int64_t rows) {
  ReasonModel model;
  model.id = id;
  model.path = "/data/ada/.local/share/Greylag/models/" + id + ".safetensors";
  model.recipe = "trm";
  model.task = task;
  model.mixer = "mlp_t";
  model.rows = model.columns = rows;
  model.vocab = task == "maze" ? 6 : rows + 2;
  model.size_bytes = 2'970'884;
  return model;
}

// A 9 x 9 answer; two cells are wrong and unsure at first. The puzzle is kFakePuzzle.
SolveEvent fakeStep(int64_t segment, bool isRight) {
  SolveEvent event;
  event.model = "greylag-sudoku";
  event.segment = segment;
  for (const char digit : std::string(kFakeAnswer)) event.cells.push_back(digit - '0' + 1);
  event.confidence.assign(81, 0.9996);
  if (!isRight) {
    std::swap(event.cells[0], event.cells[2]);
    event.confidence[0] = event.confidence[2] = 0.4;
    event.violated = {0, 2};
    event.violations = 2;
  }
  event.changed = {0, 2};
  event.q = isRight ? 6 : -4;
  event.q_probability = isRight ? 0.9975 : 0.018;
  event.has_rules = true;
  event.is_solved = isRight;
  event.seconds = 0.25 * static_cast<double>(segment);
  return event;
}

QList<SolveEvent> fakeSolution() {
  QList<SolveEvent> events{fakeStep(1, false), fakeStep(2, true), fakeStep(3, true)};
  events[2].changed.clear();
  events.append(events.last());
  events.last().is_last = true;
  events.last().end = "settled";
  return events;
}

}  // namespace

FakeData::FakeData() {
  status.version = "0.1.0";
  status.device = {"cpu",
                   "AMD EPYC 7763",
                   "AVX2, 2 threads",
                   "No CUDA device: the driver was not found.",
                   24 * kGb,
                   true,
                   true};
  status.loaded_models = {"greylag-tiny"};
  status.memory_resident_bytes = 164'000'000;
  status.memory_available_bytes = 19 * kGb;
  status.disk_free_bytes = 88 * kGb;
  devices.devices = {status.device,
                     {"cuda:0", "CUDA", "", "The driver was not found.", 0, false, false}};
  models.models = {builtinModel(), worldModel()};
  adapters.adapters = {loraAdapter(), coreAdapter()};
  catalogue.entries = {{"rwkv7-g1-0.4b",
                        "RWKV-7 G1 0.4B",
                        "Small, fast, writes several languages.",
                        "Apache-2.0",
                        "rwkv7-g1-0.4b.pth",
                        "https://example.org/a.pth",
                        std::string(64, 'a'),
                        "model",
                        901'000'000,
                        450'000'000,
                        false,
                        {}},
                       {"rwkv7-g1-0.1b",
                        "RWKV-7 G1 0.1B",
                        "The smallest of the family.",
                        "Apache-2.0",
                        "rwkv7-g1-0.1b.pth",
                        "https://example.org/b.pth",
                        std::string(64, 'b'),
                        "model",
                        382'000'000,
                        191'000'000,
                        true,
                        {}}};
  downloads.downloads = {{"d1", "RWKV-7 G1 0.4B", "rwkv7-g1-0.4b.pth", "https://example.org/a.pth",
                          "running", "", 312'000'000, 901'000'000, 8.4e6, 70, "pinned"}};
  runs.runs = {run("questions", "running", 120), run("shakespeare", "finished", 200),
               run("first-try", "interrupted", 60), coreRun()};
  Configuration helper;
  helper.name = "Patient helper";
  helper.model = "greylag-tiny";
  helper.adapter = "questions@150";
  helper.system_prompt = "Answer briefly and kindly.";
  helper.temperature = 0.7;
  settings.configurations = {helper};
  const double now = static_cast<double>(QDateTime::currentSecsSinceEpoch());
  requests.requests = {
      {3, "POST /v1/chat/completions", "greylag-tiny", "running", 200, now - 2, 2.1, 34, 210, 98.4,
       0.72},
      {2, "POST /v1/completions", "greylag-tiny", "done", 200, now - 64, 1.3, 12, 128, 101.2, 0.74},
      {1, "GET /v1/models", "", "failed", 401, now - 130, 0.001, 0, 0, 0}};
  reasoners.models = {reasoner("my-maze", "maze", 30), reasoner("my-sudoku", "sudoku", 4),
                      reasoner("greylag-sudoku", "sudoku", 9)};
  reasoners.models.back().is_builtin = true;
  solveEvents = fakeSolution();
  dataCheck.kind = "messages";
  dataCheck.rows = 240;
  dataCheck.usable_rows = 238;
  dataCheck.tokens = 31'200;
  dataCheck.learned_tokens = 18'400;
  dataCheck.longest = 231;
  dataCheck.histogram = {4, 20, 61, 84, 40, 18, 8, 3};
  dataCheck.errors = {{17, "bad_json", "The line is not JSON: a quote is missing.", true},
                      {91, "empty_answer", "The answer is empty.", true}};
  dataCheck.problem_counts = {{"bad_json", true, 1, 17}, {"empty_answer", true, 1, 91}};
  dataCheck.previews = {
      {1, {{"User: What is a greylag?\n\nAssistant:", false}, {" A wild goose.\n\n", true}}}};
}

bool FakeData::knowsModel(const QString& id) const {
  const std::string wanted = id.toStdString();
  return findId(models.models, wanted) != models.models.end() ||
         std::any_of(settings.configurations.begin(), settings.configurations.end(),
                     [&](const Configuration& entry) { return entry.name == wanted; });
}

QByteArray FakeData::metrics(const QString& id) const {
  const auto found = findId(runs.runs, id.toStdString());
  const bool isCore = found != runs.runs.end() && found->config.method == "hrm";
  MetricList list;
  for (int64_t step = 1; step <= 120; ++step) {
    Metric metric;
    metric.step = step;
    metric.loss = lossAt(step);
    metric.lr = 1e-3 * std::min(1.0, static_cast<double>(step) / 10.0) *
                (0.55 + 0.45 * std::cos(static_cast<double>(step) / 64.0));
    metric.grad_norm = 0.8 + 0.3 * std::sin(static_cast<double>(step) * 0.9);
    metric.tokens = 512;
    metric.has_val_loss = step % 20 == 0;
    metric.val_loss = metric.has_val_loss ? lossAt(step) + 0.05 : 0;
    if (isCore) addCycles(metric);
    list.metrics.push_back(metric);
    list.timings.push_back({step, status.uptime_seconds + static_cast<double>(step) * 0.25,
                            2100 + 60 * std::sin(static_cast<double>(step) * 0.3),
                            (200.0 - static_cast<double>(step)) * 0.25});
  }
  return json(list);
}

std::optional<QByteArray> FakeData::answer(const QByteArray& method, const QString& path,
                                           const QByteArray& body) {
  return method == "GET" ? get(path) : change(method, path, body);
}

std::optional<QByteArray> FakeData::get(const QString& path) {
  const QString name = path.mid(8);  // after "/engine/"
  if (name == QLatin1String("status")) return json(status);
  if (name == QLatin1String("devices")) return json(devices);
  if (name == QLatin1String("models")) return json(models);
  if (name == QLatin1String("adapters")) return json(adapters);
  if (name == QLatin1String("catalogue")) return json(catalogue);
  if (name == QLatin1String("downloads")) return json(downloads);
  if (name == QLatin1String("runs")) return json(runs);
  if (name == QLatin1String("settings")) return json(settings);
  if (name == QLatin1String("requests")) return json(requests);
  if (name == QLatin1String("reason/models")) return json(reasoners);
  if (name == QLatin1String("configurations"))
    return json(ConfigurationList{settings.configurations});
  if (name.startsWith(QLatin1String("runs/")) && name.endsWith(QLatin1String("/metrics"))) {
    return metrics(name.section(QLatin1Char('/'), 1, 1));
  }
  if (name.startsWith(QLatin1String("runs/"))) {
    const auto found = findId(runs.runs, name.mid(5).toStdString());
    return found != runs.runs.end() ? std::optional(json(*found)) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<QByteArray> FakeData::change(const QByteArray& method, const QString& path,
                                           const QByteArray& body) {
  const QString name = path.mid(8);
  const auto sameName = [](const std::string& wanted) {
    return [wanted](const Configuration& entry) { return entry.name == wanted; };
  };
  if (method == "PUT" && name == QLatin1String("settings")) {
    const auto fresh = decode<EngineSettings>(body.toStdString());
    const auto kept = settings.configurations;
    settings = *fresh;
    settings.configurations = kept;
    return json(settings);
  }
  if (name.startsWith(QLatin1String("configurations/"))) {
    auto& list = settings.configurations;
    const std::string wanted = name.mid(15).toStdString();
    list.erase(std::remove_if(list.begin(), list.end(), sameName(wanted)), list.end());
    if (method == "PUT") {
      list.push_back(*decode<Configuration>(body.toStdString()));
    }
    return json(ConfigurationList{list});
  }
  if (name == QLatin1String("token/renew")) {
    return QByteArrayLiteral(R"({"token":"gl-fedcba9876543210fedcba9876543210"})");
  }
  if (name == QLatin1String("data/check")) return json(dataCheck);
  if (name == QLatin1String("train/plan")) {
    PlanReply plan;
    plan.config = *decode<RunConfig>(body.toStdString());
    plan.trainable_parameters = 196'608;
    plan.weight_bytes = 13'600'000;
    plan.optimizer_bytes = 2'400'000;
    plan.activation_bytes = 210'000'000;
    plan.total_bytes = 226'000'000;
    plan.memory_available_bytes = status.memory_available_bytes;
    plan.checkpoint_bytes = 1'200'000;
    plan.estimated_seconds = 118;
    plan.epochs = 3.4;
    return json(plan);
  }
  if (name == QLatin1String("models/inspect")) return json(builtinModel());
  if (method == "DELETE") return json(DeleteReply{382'000'000});
  if (name == QLatin1String("runs")) return json(runs.runs.front());
  if (name.startsWith(QLatin1String("runs/"))) return json(runs.runs.front());
  if (name.startsWith(QLatin1String("downloads"))) return json(downloads.downloads.front());
  return std::nullopt;
}
