// SPDX-License-Identifier: Apache-2.0
// Whose turn is it for a slot? Clients with somebody waiting take turns, and of one client whoever
// waits longest goes first. When no slot is free, an answer that has had its turn makes way: one of
// the client that holds most slots, and never one of a client that holds fewer than the one who
// waits. It goes to the end of its client's line.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/infer/session.h"

namespace greylag {

// No lock of its own.
class WaitingLine {
 public:
  struct ClientLine {
    uint64_t client = 0;
    std::deque<std::unique_ptr<Session>> sessions;  // longest waiting first; not empty
  };

  bool empty() const { return clients_.empty(); }
  // Whose turn is next, first.
  const std::deque<ClientLine>& clients() const { return clients_; }
  // Behind those of its client; a client that had nobody waiting gets its turn after the others.
  void push(std::unique_ptr<Session> session);
  // The first of clients()[client], whose next turn then comes after all others'.
  std::unique_ptr<Session> take(size_t client);
  std::vector<std::unique_ptr<Session>> take_if(
      const std::function<bool(const Session&)>& is_wanted);

 private:
  std::deque<ClientLine> clients_;
};

struct Turn {
  size_t client = 0;           // index of WaitingLine::clients()
  Session* leaving = nullptr;  // makes way; null when a slot is free
};
// None when nobody waits, or nobody who runs has to make way yet.
std::optional<Turn> next_turn(const WaitingLine& line,
                              std::span<const std::unique_ptr<Session>> running, int32_t slots);

}  // namespace greylag
