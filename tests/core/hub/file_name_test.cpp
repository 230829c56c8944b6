// SPDX-License-Identifier: Apache-2.0
#include "core/hub/file_name.h"

#include <gtest/gtest.h>

#include "core/hub/http_fetch.h"

namespace greylag {
namespace {

TEST(FileName, AcceptsPlainNames) {
  for (const char* name : {"a", "model.pth", "RWKV-x070 World (2.9B) v3.pth", "été.safetensors"}) {
    EXPECT_TRUE(check_file_name(name).ok()) << name;
  }
}

TEST(FileName, RefusesWhatCouldLeaveTheFolder) {
  for (const std::string& name :
       {std::string(),          std::string("."),        std::string(".."),
        std::string("../x"),    std::string("a/b"),      std::string("a\\b"),
        std::string("C:x"),     std::string("x:stream"), std::string("/etc/passwd"),
        std::string(".hidden"), std::string("x."),       std::string("x "),
        std::string(" x"),      std::string("a\0b", 3),  std::string("a\nb"),
        std::string("CON"),     std::string("nul.txt"),  std::string("com1.pth"),
        std::string("LPT9"),    std::string("a*b"),      std::string(201, 'a')}) {
    EXPECT_FALSE(check_file_name(name).ok()) << name;
  }
}

TEST(FileName, SlugIsNeverEmpty) {
  EXPECT_EQ(slug("My first Run!"), "my-first-run");
  EXPECT_EQ(slug("../../x"), "x");
  EXPECT_EQ(slug("日本"), "run");
}

TEST(Addresses, PrivateOnesAreKnown) {
  for (const char* address :
       {"127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "172.31.255.255", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "not an address"}) {
    EXPECT_TRUE(is_private_address(address)) << address;
  }
  for (const char* address : {"1.1.1.1", "172.32.0.1", "2606:4700::1111", "8.8.8.8"}) {
    EXPECT_FALSE(is_private_address(address)) << address;
  }
}

}  // namespace
}  // namespace greylag
