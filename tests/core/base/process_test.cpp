// SPDX-License-Identifier: Apache-2.0
// What do programs get that this one starts? POSIX.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/resumable_file.h"
#include "core/base/thread_probe.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using testing::HasSubstr;

bool is_gone(int64_t pid) { return !platform::process_start_mark(pid).has_value(); }

// False after a minute.
bool await_end(int64_t pid) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!is_gone(pid)) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class ProcessTest : public testing::Test {
 protected:
  // What a shell writes to its streams.
  std::string output_of(const std::string& script) {
    const auto started = platform::spawn_detached("/bin/sh", {"-c", script}, dir_ / "log");
    EXPECT_TRUE(started.ok());
    if (!started) return started.error().message;
    EXPECT_TRUE(await_end(started->pid));
    return read_text_file(dir_ / "log", 1 << 20).value();
  }

  test::TempDir dir_;
};

// The folder that the shell reads the names from is closed when it looks at them.
TEST_F(ProcessTest, AChildInheritsNothingAboveStderr) {
  const int listening = socket(AF_INET, SOCK_STREAM, 0);  // not close-on-exec, as a library's
  ASSERT_GE(listening, 3);
  ASSERT_EQ(listen(listening, 1), 0);
  EXPECT_EQ(output_of("for fd in /proc/$$/fd/*; do [ -e $fd ] && echo ${fd##*/}; done"),
            "0\n1\n2\n");
  close(listening);
}

TEST_F(ProcessTest, AChildHasNoSignalBlockedOrIgnored) {
  sigset_t some, before;
  sigemptyset(&some);
  sigaddset(&some, SIGTERM);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &some, &before), 0);
  const auto old = signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(std::stoull(output_of("sed -n 's/SigBlk://p' /proc/$$/status"), nullptr, 16), 0u);
  std::filesystem::remove(dir_ / "log");
  // But for 32 and 33, with which the C library's own threads talk.
  constexpr unsigned long long kInternal = 0x180000000;
  const std::string ignored = output_of("sed -n 's/SigIgn://p' /proc/$$/status");
  EXPECT_EQ(std::stoull(ignored, nullptr, 16) & ~kInternal, 0u) << ignored;
  signal(SIGPIPE, old);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(ProcessTest, SaysWhyAProgramCannotBeRun) {
  ASSERT_TRUE(write_file_atomic(dir_ / "program", "not a program"));
  std::filesystem::permissions(dir_ / "program", std::filesystem::perms::owner_all);
  const auto started = platform::spawn_detached(dir_ / "program", {}, dir_ / "log");
  ASSERT_FALSE(started.ok()) << "pid " << started->pid;
  EXPECT_THAT(started.error().message, HasSubstr("Exec format"));
  EXPECT_EQ(platform::spawn_detached(dir_ / "none", {}, dir_ / "log").error().code,
            ErrorCode::NotFound);
  EXPECT_FALSE(platform::spawn_detached("/bin/true", {}, dir_ / "none" / "log").ok());
}

TEST_F(ProcessTest, KnowsWhatItStartedAndLeavesNothingOfIt) {
  const auto started = platform::spawn_detached("/bin/sleep", {"60"}, dir_ / "log");
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(platform::process_start_mark(started->pid), started->start_mark);
  EXPECT_EQ(getsid(static_cast<pid_t>(started->pid)), started->pid) << "no session of its own";
  platform::end_process(started->pid, true);
  ASSERT_TRUE(await_end(started->pid));
  EXPECT_NE(kill(static_cast<pid_t>(started->pid), 0), 0) << "it is still in the process table";
}

TEST_F(ProcessTest, LeavesSignalsAloneThatWereIgnored) {
  const auto has_hangup = [] {
    const std::vector<int> signals = platform::stop_signals();
    return std::ranges::find(signals, SIGHUP) != signals.end();
  };
  EXPECT_TRUE(has_hangup());
  const auto old = signal(SIGHUP, SIG_IGN);  // nohup
  EXPECT_FALSE(has_hangup());
  signal(SIGHUP, old);
}

TEST_F(ProcessTest, KeepsOpenFilesFromChildren) {
  const int fd = open("/dev/null", O_RDONLY);
  platform::keep_descriptors_from_children();
  EXPECT_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(fcntl(STDERR_FILENO, F_GETFD) & FD_CLOEXEC, 0);
  close(fd);
}

// Of a process of its own, because none of this can be taken back.
using ProcessDeathTest = ProcessTest;

void limit(decltype(RLIMIT_AS) what, rlim_t most) {
  const rlimit limits{most, most};
  setrlimit(what, &limits);
}

TEST_F(ProcessDeathTest, ClosedStreamsBecomeNothing) {
  const auto first_file_is_above_stderr = [] {
    for (int fd = 0; fd <= 2; ++fd) close(fd);
    platform::prepare_process();
    _exit(open("/dev/null", O_RDONLY) == 3 ? 0 : 1);
  };
  EXPECT_EXIT(
      {
        for (int fd = 3; fd < 64; ++fd) close(fd);
        first_file_is_above_stderr();
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(ProcessDeathTest, AFileBeyondALimitIsAnErrorAndNoSignal) {
  const auto write_too_much = [this] {
    platform::prepare_process();
    limit(RLIMIT_FSIZE, 1000);
    const Status written = write_file_atomic(dir_ / "file", std::string(5000, 'x'));
    if (written) _exit(1);
    std::fputs(written.error().message.c_str(), stderr);
    _exit(written.error().code == ErrorCode::NoSpace ? 0 : 2);
  };
  EXPECT_EXIT(write_too_much(), testing::ExitedWithCode(0), "larger than a file may be here");
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// A thread takes 8 MiB for its stack, as a rule.
void leave_address_space(uint64_t bytes) {
  const uint64_t most = platform::memory_total_bytes();
  limit(RLIMIT_AS, most);
  limit(RLIMIT_AS, most - platform::address_space_left_bytes().value() + bytes);
}

TEST_F(ProcessDeathTest, AFlushNeedsNoThread) {
  const auto write_all = [this] {
    leave_address_space(4 << 20);
    auto file = ResumableFile::open(dir_ / "file", "job", {.sync_every_bytes = 4});
    for (int i = 0; i < 10 && file; ++i) {
      if (!(*file)->write("0123456789")) _exit(1);
    }
    _exit(startable_threads(1) == 0 && file && (*file)->commit() ? 0 : 2);
  };
  EXPECT_EXIT(write_all(), testing::ExitedWithCode(0), "");
  EXPECT_EQ(std::filesystem::file_size(dir_ / "file"), 100u);
}

TEST_F(ProcessDeathTest, CountsTheThreadsThatThereIsRoomFor) {
  EXPECT_EQ(startable_threads(3), 3u);
  const auto count_few = [] {
    leave_address_space(64 << 20);
    const unsigned threads = startable_threads(1000);
    std::fprintf(stderr, "%u threads", threads);
    _exit(threads > 0 && threads < 1000 ? 0 : 1);
  };
  EXPECT_EXIT(count_few(), testing::ExitedWithCode(0), "threads");
}

TEST_F(ProcessDeathTest, ALimitOfAddressSpaceIsALimitOfMemory) {
  const auto look = [] {
    limit(RLIMIT_AS, rlim_t{1} << 30);
    const bool is_right = platform::memory_total_bytes() == uint64_t{1} << 30 &&
                          platform::memory_available_bytes() < uint64_t{1} << 30;
    _exit(is_right ? 0 : 1);
  };
  EXPECT_EXIT(look(), testing::ExitedWithCode(0), "");
}

TEST_F(ProcessDeathTest, CountsTheCoresThatItMayUse) {
  const auto use_one = [] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    _exit(sched_setaffinity(0, sizeof(one), &one) == 0 && platform::cpu_count() == 1 ? 0 : 1);
  };
  EXPECT_EXIT(use_one(), testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace greylag
