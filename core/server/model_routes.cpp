// SPDX-License-Identifier: Apache-2.0
// Models, adapters, catalogue, downloads.
#include "core/adapter/convert_adapter.h"
#include "core/base/file.h"
#include "core/hub/catalogue.h"
#include "core/hub/hub_search.h"
#include "core/server/converter.h"
#include "core/server/engine_routes.h"
#include "core/server/importer.h"
#include "core/server/job_reply.h"
#include "core/server/run_supervisor.h"

namespace greylag {

protocol::ModelStatus shown_model(const Services& services, const ModelEntry& entry) {
  protocol::ModelStatus status = entry.status;
  status.is_loaded = services.pool.is_loaded(status.id);
  status.is_loading = services.pool.is_loading(status.id);
  return status;
}

namespace {

protocol::ModelList shown_models(Services& services) {
  protocol::ModelList list;
  for (const ModelEntry& entry : services.models.list()) {
    list.models.push_back(shown_model(services, entry));
  }
  return list;
}

// Starts the load and answers at once: is_loading, then a `model` event.
HttpResponse load_model(Services& services, const std::string& id) {
  const auto entry = services.models.find(id);
  if (!entry) return error_response(entry.error());
  if (const Status begun = services.pool.begin_load(*entry); !begun) {
    return error_response(begun.error());
  }
  return {200, protocol::encode(shown_model(services, *entry)), {}};
}

HttpResponse unload_model(Services& services, const std::string& id) {
  const auto entry = services.models.find(id);
  if (!entry) return error_response(entry.error());
  if (const Status unloaded = services.pool.unload(id); !unloaded) {
    return error_response(unloaded.error());
  }
  return {200, protocol::encode(shown_model(services, *entry)), {}};
}

HttpResponse delete_model(Services& services, const std::string& id) {
  const auto entry = services.models.find(id);  // none for a puzzle reasoner
  if (entry && services.runs.is_used_by_live_run(entry->path)) {
    return error_response(Error{ErrorCode::Conflict, "a running finetune uses this model"});
  }
  uint64_t freed_bytes = 0;
  const Status removed = services.pool.remove(id, [&]() -> Status {
    const auto size = services.models.remove(id);
    if (!size) return size.error();
    freed_bytes = *size;
    return {};
  });
  if (!removed) return error_response(removed.error());
  services.events.publish("models", shown_models(services));
  return {200, protocol::encode(protocol::DeleteReply{freed_bytes}), {}};
}

HttpResponse inspect_model(Services& services, const HttpRequest& request) {
  HttpResponse refusal;
  const auto body = body_as<protocol::PathRequest>(request, &refusal);
  if (!body) return refusal;
  return json_response(services.models.inspect(path_from_utf8(body->path)));
}

HttpResponse import_file(Services& services, const HttpRequest& request) {
  HttpResponse refusal;
  const auto body = body_as<protocol::PathRequest>(request, &refusal);
  if (!body) return refusal;
  return json_response(services.importer.start(*body));
}

HttpResponse convert_model(Services& services, const HttpRequest& request) {
  HttpResponse refusal;
  const auto body = body_as<protocol::ConvertRequest>(request, &refusal);
  if (!body) return refusal;
  const auto entry = services.models.find(request.arguments[0]);
  if (!entry) return error_response(entry.error());
  return json_response(services.converter.start(*entry, *body));
}

protocol::ConversionList conversions(const Services& services) {
  protocol::ConversionList list;
  if (auto status = services.converter.status()) list.conversions.push_back(std::move(*status));
  return list;
}

HttpResponse cancel_conversion(Services& services) {
  if (const Status cancelled = services.converter.cancel(); !cancelled) {
    return error_response(cancelled.error());
  }
  return {200, protocol::encode(conversions(services)), {}};
}

HttpResponse set_alpha(Services& services, const HttpRequest& request) {
  HttpResponse refusal;
  const auto body = body_as<protocol::AlphaRequest>(request, &refusal);
  if (!body) return refusal;
  return json_response(services.adapters.set_alpha(request.arguments[0], body->alpha));
}

HttpResponse export_adapter(Services& services, const HttpRequest& request) {
  HttpResponse refusal;
  const auto body = body_as<protocol::PathRequest>(request, &refusal);
  if (!body) return refusal;
  const auto status = services.adapters.find(request.arguments[0]);
  if (!status) return error_response(status.error());
  const std::filesystem::path out = path_from_utf8(body->path);
  std::error_code failed;
  if (!out.is_absolute()) {
    return error_response(Error{ErrorCode::InvalidArgument, "the new file's path must be whole"});
  }
  if (std::filesystem::exists(out, failed)) {
    return error_response(
        Error{ErrorCode::Conflict, path_to_utf8(out.filename()) + " exists already"});
  }
  const std::filesystem::path in = path_from_utf8(status->path);
  const auto done = convert_adapter(in, out, {.alpha = services.adapters.alpha_of(in)});
  if (!done) return error_response(done.error());
  const bool is_lora = done->header.method == AdapterMethod::Lora;
  return {200,
          protocol::encode(protocol::ExportReply{.path = path_to_utf8(out),
                                                 .method = adapter_method_name(done->header.method),
                                                 .rank = done->header.rank,
                                                 .alpha = is_lora ? done->header.alpha : 0,
                                                 .size_bytes = done->size_bytes}),
          {}};
}

HttpResponse delete_adapter(Services& services, const std::string& id) {
  const auto removed = services.adapters.remove(id);
  if (!removed) return error_response(removed.error());
  return {200, protocol::encode(protocol::DeleteReply{*removed}), {}};
}

Result<protocol::Catalogue> catalogue(const Services& services) {
  return load_catalogue(resource_dir() / "catalogue.json", services.home);
}

HttpResponse add_download(Services& services, const HttpRequest& request) {
  HttpResponse refusal;
  const auto body = body_as<protocol::DownloadRequest>(request, &refusal);
  if (!body) return refusal;
  const auto entries = catalogue(services);
  if (!entries) return error_response(entries.error());
  auto record = plan_download(*body, *entries, services.home);
  if (!record) return error_response(record.error());
  return json_response(services.downloads.add(std::move(*record)));
}

HttpResponse search_hubs(const Services& services, const HttpRequest& request,
                         const std::stop_token& stop) {
  const auto words = request.parameter("words"), repository = request.parameter("repository");
  const auto should_stop = [&stop] { return stop.stop_requested(); };
  if (repository) {
    return json_response(list_hub_files(services.hubs, *repository, services.home, should_stop));
  }
  return json_response(search_hub(services.hubs, words.value_or(""), should_stop));
}

void add_download_routes(Router& router, Services& services) {
  router.add("GET", "/engine/catalogue",
             [&](const HttpRequest&) { return json_response(catalogue(services)); });
  add_job_route(router, services.searches, "GET", "/engine/hub",
                [&](const HttpRequest& request, const std::stop_token& stop) {
                  return search_hubs(services, request, stop);
                });
  router.add("GET", "/engine/downloads", [&](const HttpRequest&) {
    return HttpResponse{
        200, protocol::encode(protocol::DownloadList{services.downloads.list()}), {}};
  });
  router.add("POST", "/engine/downloads",
             [&](const HttpRequest& request) { return add_download(services, request); });
  router.add("POST", "/engine/downloads/{}/pause", [&](const HttpRequest& request) {
    return json_response(services.downloads.pause(request.arguments[0]));
  });
  router.add("POST", "/engine/downloads/{}/resume", [&](const HttpRequest& request) {
    return json_response(services.downloads.resume(request.arguments[0]));
  });
  router.add("POST", "/engine/downloads/{}/cancel", [&](const HttpRequest& request) {
    return json_response(services.downloads.cancel(request.arguments[0]));
  });
}

}  // namespace

void add_model_routes(Router& router, Services& services) {
  router.add("GET", "/engine/models", [&](const HttpRequest&) {
    return HttpResponse{200, protocol::encode(shown_models(services)), {}};
  });
  router.add("POST", "/engine/models/import",
             [&](const HttpRequest& request) { return import_file(services, request); });
  router.add("POST", "/engine/models/inspect",
             [&](const HttpRequest& request) { return inspect_model(services, request); });
  router.add("POST", "/engine/models/{}/load", [&](const HttpRequest& request) {
    return load_model(services, request.arguments[0]);
  });
  router.add("POST", "/engine/models/{}/unload", [&](const HttpRequest& request) {
    return unload_model(services, request.arguments[0]);
  });
  router.add("POST", "/engine/models/{}/convert",
             [&](const HttpRequest& request) { return convert_model(services, request); });
  router.add("GET", "/engine/conversions", [&](const HttpRequest&) {
    return HttpResponse{200, protocol::encode(conversions(services)), {}};
  });
  router.add("POST", "/engine/conversions/cancel",
             [&](const HttpRequest&) { return cancel_conversion(services); });
  router.add("DELETE", "/engine/models/{}", [&](const HttpRequest& request) {
    return delete_model(services, request.arguments[0]);
  });
  add_job_route(router, services.extra_loads, "GET", "/engine/adapters",
                [&](const HttpRequest&, const std::stop_token& stop) {
                  const protocol::AdapterList list{services.adapters.list(stop)};
                  return HttpResponse{200, protocol::encode(list), {}};
                });
  router.add("POST", "/engine/adapters/{}/alpha",
             [&](const HttpRequest& request) { return set_alpha(services, request); });
  add_job_route(router, services.extra_loads, "POST", "/engine/adapters/{}/export",
                [&](const HttpRequest& request, const std::stop_token&) {
                  return export_adapter(services, request);
                });
  router.add("DELETE", "/engine/adapters/{}", [&](const HttpRequest& request) {
    return delete_adapter(services, request.arguments[0]);
  });
  add_download_routes(router, services);
}

}  // namespace greylag
