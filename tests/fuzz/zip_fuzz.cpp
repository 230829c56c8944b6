// SPDX-License-Identifier: Apache-2.0
// A .pth as it lies on the disk. The checksums keep most changed pickles out: those have a target
// of their own.
#include "core/base/log.h"
#include "core/checkpoint/formats.h"
#include "core/checkpoint/zip_directory.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace greylag;
  const auto file = fuzz::as_file(bytes, size);
  const auto directory = ZipDirectory::parse(file);
  if (!directory) {
    fuzz::expect_refusal(directory.error());
    return 0;
  }
  for (const FileRegion& entry : directory->entries()) {
    check(directory->index_of(entry.name) >= 0, "an entry is not found by its name");
    if (const Status status = check_crc(file, entry); !status) fuzz::expect_refusal(status.error());
  }
  if (const auto reader = fuzz::open_table(parse_pth(file), file)) fuzz::read_everything(*reader);
  return 0;
}
