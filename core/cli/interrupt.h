// SPDX-License-Identifier: Apache-2.0
// What does Ctrl+C do? While a generation runs it asks for its end; at a prompt it leaves the
// program with exit code 0.
#pragma once

namespace greylag {

// Installs the handler; the destructor puts the old one back. One at a time.
class InterruptGuard {
 public:
  enum class At { Generation, Prompt };
  explicit InterruptGuard(At at);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  // Ctrl+C came since construction.
  bool is_interrupted() const;

 private:
  void (*previous_)(int);
};

}  // namespace greylag
