// SPDX-License-Identifier: Apache-2.0
// How does a server end that is asked to by a signal? POSIX.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "tests/support/await.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using test::await;
using test::is_gone;

// A server that ends in order takes its record back; one that a signal ends leaves it.
TEST(ServeSignals, AClosedTerminalEndsTheServerInOrder) {
  const char* bin = std::getenv("GREYLAG_BIN");
  const fs::path engine = fs::path(bin == nullptr ? "bin" : bin) / "greylag-engine";
  for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGXCPU}) {
    const test::TempDir dir;
    const fs::path record = dir / "home/engine.record.json";
    const auto started = platform::spawn_detached(
        engine, {"--home", (dir / "home").string(), "serve", "--port", "0"}, dir / "log");
    ASSERT_TRUE(started.ok()) << started.error().message;
    ASSERT_TRUE(await([&] { return fs::exists(record) || is_gone(started->pid); }));
    kill(static_cast<pid_t>(started->pid), signal);
    ASSERT_TRUE(await([&] { return is_gone(started->pid); }));
    EXPECT_FALSE(fs::exists(record)) << "signal " << signal;
  }
}

}  // namespace
}  // namespace greylag
