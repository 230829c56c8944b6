// SPDX-License-Identifier: Apache-2.0
// A machine that has no room for another thread, as long as the object lives: the stack that new
// threads ask for is larger than any address space. glibc only.
#pragma once

#if defined(__GLIBC__)
#include <pthread.h>

#include <cstddef>

namespace greylag::test {

class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&usual_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, size_t{1} << 47);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&usual_);
    pthread_attr_destroy(&usual_);
  }
  NoThreads(const NoThreads&) = delete;

 private:
  pthread_attr_t usual_;
};

}  // namespace greylag::test
#endif
