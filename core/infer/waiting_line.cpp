// SPDX-License-Identifier: Apache-2.0
#include "core/infer/waiting_line.h"

#include <algorithm>
#include <utility>

namespace greylag {

void WaitingLine::push(std::unique_ptr<Session> session) {
  auto line = std::ranges::find(clients_, session->client(), &ClientLine::client);
  if (line == clients_.end()) {
    clients_.push_back({.client = session->client(), .sessions = {}});
    line = std::prev(clients_.end());
  }
  line->sessions.push_back(std::move(session));
}

std::unique_ptr<Session> WaitingLine::take(size_t client) {
  const auto at = clients_.begin() + static_cast<std::ptrdiff_t>(client);
  ClientLine line = std::move(*at);
  clients_.erase(at);
  std::unique_ptr<Session> first = std::move(line.sessions.front());
  line.sessions.pop_front();
  if (!line.sessions.empty()) clients_.push_back(std::move(line));
  return first;
}

std::vector<std::unique_ptr<Session>> WaitingLine::take_if(
    const std::function<bool(const Session&)>& is_wanted) {
  std::vector<std::unique_ptr<Session>> taken;
  for (ClientLine& line : clients_) {
    for (std::unique_ptr<Session>& session : line.sessions) {
      if (is_wanted(*session)) taken.push_back(std::move(session));
    }
    std::erase(line.sessions, nullptr);
  }
  std::erase_if(clients_, [](const ClientLine& line) { return line.sessions.empty(); });
  return taken;
}

std::optional<Turn> next_turn(const WaitingLine& line,
                              std::span<const std::unique_ptr<Session>> running, int32_t slots) {
  if (line.empty()) return std::nullopt;
  if (running.size() < static_cast<size_t>(slots)) return Turn{};
  const auto held_by = [&](uint64_t client) {
    return std::ranges::count(running, client, [](const auto& s) { return s->client(); });
  };
  for (size_t i = 0; i < line.clients().size(); ++i) {
    const uint64_t client = line.clients()[i].client;
    const auto own = held_by(client);
    Session* leaving = nullptr;
    for (const std::unique_ptr<Session>& session : running) {
      if (!session->has_had_its_turn()) continue;
      const auto held = held_by(session->client());
      if (session->client() != client && held <= own) continue;
      const auto rank = std::pair(held, session->turn_length());
      if (leaving == nullptr ||
          rank > std::pair(held_by(leaving->client()), leaving->turn_length())) {
        leaving = session.get();
      }
    }
    if (leaving != nullptr) return Turn{i, leaving};
  }
  return std::nullopt;
}

}  // namespace greylag
