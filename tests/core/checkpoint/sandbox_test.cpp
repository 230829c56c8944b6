// SPDX-License-Identifier: Apache-2.0
// Do the walls around a loader process hold, and does it find what the parsers find in this one?
// Every attempt of sandbox_probe.cpp is made without walls first: there it must succeed.
#include "core/base/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <set>
#include <sstream>

#include "core/base/home.h"
#include "core/base/platform.h"
#include "core/checkpoint/loader_process.h"
#include "core/checkpoint/reader.h"
#include "core/checkpoint/table_codec.h"
#include "tests/core/checkpoint/file_of_bytes.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using namespace std::string_literals;
using sandbox::RunLimits;
using testing::HasSubstr;

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!sandbox::available_walls().has_seccomp) {
      GTEST_SKIP() << "no sandbox here: " << sandbox::walls_text(sandbox::available_walls());
    }
  }

  InputFile file_of(const std::string& bytes) {
    test::write_bytes(dir_ / "file", bytes);
    return std::move(InputFile::open(dir_ / "file").value());
  }

  Result<std::string> probe(const std::string& words, const RunLimits& limits = {}) {
    return sandbox::run_sandboxed(platform::executable_dir() / "sandbox_probe", file_of(words),
                                  limits);
  }

  // The answer, or what went wrong.
  std::string answer_of(const std::string& words, const RunLimits& limits = {}) {
    const Result<std::string> answer = probe(words, limits);
    return answer.ok() ? *answer : "failed: " + answer.error().message;
  }

  // Ended as a bad file, for this reason.
  void expect_ended(const std::string& words, const std::string& reason,
                    const RunLimits& limits = {}) {
    const Result<std::string> answer = probe(words, limits);
    ASSERT_FALSE(answer.ok()) << words << ": " << *answer;
    EXPECT_EQ(answer.error().code, ErrorCode::BadFile) << words;
    EXPECT_THAT(answer.error().message, HasSubstr(reason)) << words;
  }

  std::filesystem::path loader() {
    const char* bin = std::getenv("GREYLAG_BIN");
    return std::filesystem::path(bin == nullptr ? "bin" : bin) / "greylag-loader";
  }

  // The same answer, byte for byte, from both: a table or the words of an error.
  void expect_same_answer(const InputFile& file, const std::string& what) {
    const std::string here = encode_table(look_at_mapped(file, parse_checkpoint));
    const std::string there = encode_table(parse_in_loader(loader(), file));
    EXPECT_EQ(here, there) << what;
  }

  test::TempDir dir_;
};

TEST_F(SandboxTest, ALockedInProcessCanAnswer) { EXPECT_EQ(answer_of("locked nothing"), "done"); }

TEST_F(SandboxTest, EveryWayOutIsBlocked) {
  const std::string parent = std::to_string(platform::process_id());
  for (const std::string& what :
       {"open"s, "create " + (dir_ / "made").string(), "socket"s, "connect"s, "execute"s, "fork"s,
        "trace"s, "kill " + parent, "executable_memory"s, "making_memory_executable"s,
        "mapping_a_file"s, "writing_elsewhere"s}) {
    const Result<std::string> free = probe("open " + what);
    ASSERT_TRUE(free.ok()) << what << ": " << free.error().message;
    EXPECT_EQ(*free, "done") << what << ": nothing to block, so the test proves nothing";
    std::filesystem::remove(dir_ / "made");
    expect_ended("locked " + what, "a forbidden system call");
    EXPECT_FALSE(std::filesystem::exists(dir_ / "made"));
  }
}

TEST_F(SandboxTest, OnlyTheListedCallsSurvive) {
  std::istringstream numbers(answer_of("open all_calls"));
  std::set<long> survived;
  for (long call = 0; numbers >> call;) survived.insert(call);
#if defined(__x86_64__)
  // uretprobe and uprobe: Linux 6.14 and later let them past every filter, and answer a call from
  // anywhere but the kernel's own trampolines with SIGILL.
  survived.erase(335);
  survived.erase(336);
#endif
  // With all arguments zero, write is not to stdout and mmap is not anonymous: both end it.
  const std::set<long> allowed = {SYS_mprotect,      SYS_munmap,    SYS_mremap,      SYS_brk,
                                  SYS_madvise,       SYS_futex,     SYS_exit,        SYS_exit_group,
                                  SYS_clock_gettime, SYS_getrandom, SYS_rt_sigreturn};
  EXPECT_EQ(survived, allowed);
}

TEST_F(SandboxTest, LandlockHoldsAlone) {
  if (!sandbox::available_walls().has_landlock) GTEST_SKIP() << "this kernel has no Landlock";
  const std::string refused = "errno " + std::to_string(EACCES);
  EXPECT_EQ(answer_of("landlock nothing"), "done");
  EXPECT_EQ(answer_of("landlock open"), refused);
  EXPECT_EQ(answer_of("landlock create " + (dir_ / "made").string()), refused);
  EXPECT_EQ(answer_of("landlock execute"), refused);
}

TEST_F(SandboxTest, LimitsHold) {
  EXPECT_EQ(answer_of("open memory"), "no limit");
  const int got = std::atoi(answer_of("locked memory").c_str());
  EXPECT_GE(got, 800) << "MiB";
  EXPECT_LE(got, 1024) << "MiB";
}

TEST_F(SandboxTest, InheritsNeitherDescriptorsNorSecrets) {
  const int leaked = open("/dev/null", O_RDONLY);  // not close-on-exec
  ASSERT_GE(leaked, 3);
  ASSERT_EQ(setenv("GREYLAG_TEST_SECRET", "token", 1), 0);
  EXPECT_EQ(answer_of("open descriptors"), "0 1 2 ");
  EXPECT_THAT(answer_of("open environment"), Not(HasSubstr("SECRET")));
  close(leaked);
}

TEST_F(SandboxTest, AProcessThatFailsIsTheFilesFault) {
  expect_ended("locked crash", "a fault, signal 11");
  expect_ended("locked crash", "the file made the loader fail");
  expect_ended("open lost_page", "the file was cut while it was read");
  expect_ended("locked for_ever", "no answer within 1 s", {.timeout_ms = 300});
  expect_ended("locked flood", "an answer without end", {.answer_bytes = 1 << 20});
}

TEST_F(SandboxTest, AnAnswerOfTheLargestSizeIsTaken) {
  EXPECT_EQ(answer_of("locked nothing", {.answer_bytes = 4}), "done");
  expect_ended("locked nothing", "an answer without end", {.answer_bytes = 3});
}

TEST_F(SandboxTest, AProgramThatCannotStartIsAnErrorOfOurs) {
  const InputFile file = file_of("x");
  test::write_bytes(dir_ / "greylag-loader", "not a program");
  for (const std::filesystem::path& program :
       {dir_ / "absent", dir_ / "greylag-loader", std::filesystem::path("/bin/false")}) {
    const Result<TensorTable> table = parse_in_loader(program, file);
    ASSERT_FALSE(table.ok()) << program;
    EXPECT_EQ(table.error().code, ErrorCode::Internal) << table.error().message;
  }
  EXPECT_THAT(parse_in_loader("/bin/true", file).error().message, HasSubstr("damaged"));
}

TEST_F(SandboxTest, TheLoaderFindsWhatTheParsersFind) {
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "a.pth").ok());
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "a.safetensors").ok());
  for (const auto& path : {dir_ / "a.pth", dir_ / "a.safetensors",
                           resource_dir() / "models" / "greylag-mini.safetensors"}) {
    const auto file = InputFile::open(path);
    ASSERT_TRUE(file.ok()) << path;
    expect_same_answer(*file, path.string());
    auto there = parse_in_loader(loader(), *file);
    ASSERT_TRUE(there.ok()) << there.error().message;
    EXPECT_GT(there->tensors.size(), 10u);
    EXPECT_TRUE(check_table(*there, file->size_bytes()).ok());
  }
}

TEST_F(SandboxTest, TheLoaderRefusesInTheSameWords) {
  for (const std::string& bytes :
       {"x"s, "Once upon a time"s, "PK\x03\x04"s, "\x80\x04\x95\x10\0\0\0\0\0\0\0}."s,
        "\x02\0\0\0\0\0\0\0{]"s, "\x08\0\0\0\0\0\0\0{\"a\":1}}"s, "GGUF\x03\0\0\0"s}) {
    expect_same_answer(file_of(bytes), bytes);
  }
}

TEST_F(SandboxTest, TheLoaderReadsTheOpenFileAndNotThePath) {
  const InputFile file = file_of("Once upon a time");
  std::filesystem::remove(dir_ / "file");
  test::write_bytes(dir_ / "file", "%PDF-1.7");
  EXPECT_THAT(parse_in_loader(loader(), file).error().message, HasSubstr("text file"));
}

TEST_F(SandboxTest, StartingTheLoaderCostsMilliseconds) {
  const auto file = InputFile::open(resource_dir() / "models" / "greylag-mini.safetensors");
  ASSERT_TRUE(file.ok());
  constexpr int kRounds = 21;
  const auto median_ms = [](const auto& parse) {
    std::vector<double> times;
    for (int i = 0; i < kRounds; ++i) {
      const auto start = std::chrono::steady_clock::now();
      EXPECT_TRUE(parse().ok());
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - start;
      times.push_back(took.count());
    }
    std::ranges::nth_element(times, times.begin() + kRounds / 2);
    return times[kRounds / 2];
  };
  const double here = median_ms([&] { return look_at_mapped(*file, parse_checkpoint); });
  const double there = median_ms([&] { return parse_in_loader(loader(), *file); });
  RecordProperty("in_process_us", static_cast<int>(here * 1000));
  RecordProperty("in_loader_us", static_cast<int>(there * 1000));
  std::printf("  in process %.2f ms, in the loader %.2f ms\n", here, there);
  // The aim is 5 ms; other work on the machine may take its share.
  EXPECT_LT(there - here, 50);
}

}  // namespace
}  // namespace greylag
