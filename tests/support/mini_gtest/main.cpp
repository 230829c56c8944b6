// SPDX-License-Identifier: Apache-2.0
// Runs the tests of a program that was built without GoogleTest.
#include "tests/support/mini_gtest/gtest/gtest.h"

int main() { return testing::run_all(); }
