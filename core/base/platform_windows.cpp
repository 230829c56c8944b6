// SPDX-License-Identifier: Apache-2.0
// Windows. Cross-compiled by the `portable` preset; not yet run on a Windows machine.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
// windows.h first.
#include <bcrypt.h>
#include <fcntl.h>
#include <io.h>
#include <psapi.h>
#include <share.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "core/base/file.h"
#include "core/base/platform.h"

namespace greylag::platform {
namespace {

Error last_error(const std::string& what) {
  const DWORD code = GetLastError();
  const bool is_full = code == ERROR_DISK_FULL || code == ERROR_HANDLE_DISK_FULL;
  return Error{is_full ? ErrorCode::NoSpace : ErrorCode::Internal,
               what + " (Windows error " + std::to_string(code) + ")"};
}

// One argument as CommandLineToArgvW reads it back.
std::wstring quoted(const std::wstring& argument) {
  std::wstring out = L"\"";
  size_t backslashes = 0;
  for (const wchar_t c : argument) {
    if (c == L'"') out.append(backslashes + 1, L'\\');
    backslashes = c == L'\\' ? backslashes + 1 : 0;
    out += c;
  }
  out.append(backslashes, L'\\');
  return out + L"\"";
}

std::optional<uint64_t> start_of(HANDLE process) {
  FILETIME start{}, end{}, kernel{}, user{};
  if (GetProcessTimes(process, &start, &end, &kernel, &user) == 0) return {};
  return static_cast<uint64_t>(start.dwHighDateTime) << 32 | start.dwLowDateTime;
}

// What CreateProcess shall let a program inherit: these handles and no other inheritable one of
// this process, whoever made it.
class InheritedHandles {
 public:
  explicit InheritedHandles(std::vector<HANDLE> handles) : handles_(std::move(handles)) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    memory_.resize(size);
    auto* list = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
    if (InitializeProcThreadAttributeList(list, 1, 0, &size) == 0) return;
    list_ = list;
    is_set_ = UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles_.data(),
                                        handles_.size() * sizeof(HANDLE), nullptr, nullptr) != 0;
  }
  InheritedHandles(const InheritedHandles&) = delete;
  InheritedHandles& operator=(const InheritedHandles&) = delete;
  ~InheritedHandles() {
    if (list_ != nullptr) DeleteProcThreadAttributeList(list_);
  }
  bool is_set() const { return is_set_; }
  LPPROC_THREAD_ATTRIBUTE_LIST list() const { return list_; }

 private:
  std::vector<HANDLE> handles_;  // the list points to them
  std::vector<std::byte> memory_;
  LPPROC_THREAD_ATTRIBUTE_LIST list_ = nullptr;
  bool is_set_ = false;
};

HANDLE open_inheritable(const wchar_t* path, DWORD access, DWORD creation) {
  SECURITY_ATTRIBUTES inherit{sizeof(inherit), nullptr, TRUE};
  return CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit, creation,
                     FILE_ATTRIBUTE_NORMAL, nullptr);
}

}  // namespace

// Windows closes no standard streams and sends no such signals.
void prepare_process() {}

// The folders of a user's profile let nobody else in; what is made there inherits that.
void make_new_files_private() {}

std::vector<int> stop_signals() { return {SIGINT, SIGTERM, SIGBREAK}; }

void keep_descriptors_from_children() {}  // handles are not inherited unless they say so

std::filesystem::path default_home() {
  const wchar_t* local = _wgetenv(L"LOCALAPPDATA");
  const std::filesystem::path folder(local == nullptr ? L"" : local);
  return folder.is_absolute() ? folder / "Greylag" : std::filesystem::path();
}

std::filesystem::path executable_dir() {
  std::wstring buffer(32768, L'\0');
  buffer.resize(GetModuleFileNameW(nullptr, buffer.data(), static_cast<DWORD>(buffer.size())));
  return std::filesystem::path(buffer).parent_path();
}

void ensure_environment(const char* /*name*/, const char* /*value*/, char** /*argv*/) {}

int64_t process_id() { return GetCurrentProcessId(); }

std::optional<uint64_t> process_start_mark(int64_t pid) {
  const HANDLE process =
      OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, static_cast<DWORD>(pid));
  if (process == nullptr) return {};
  const std::optional<uint64_t> mark = start_of(process);
  DWORD exit_code = 0;
  const bool is_live = GetExitCodeProcess(process, &exit_code) != 0 && exit_code == STILL_ACTIVE;
  CloseHandle(process);
  return is_live ? mark : std::nullopt;
}

Result<SpawnedProcess> spawn_detached(const std::filesystem::path& program,
                                      const std::vector<std::string>& arguments,
                                      const std::filesystem::path& log_file) {
  const std::string name = path_to_utf8(program.filename());
  std::filesystem::path executable = program;
  if (!executable.has_extension()) executable += ".exe";
  std::wstring line = quoted(executable.wstring());
  for (const auto& argument : arguments) {
    line += L" " + quoted(path_from_utf8(argument).wstring());
  }
  const HANDLE log = open_inheritable(log_file.c_str(), FILE_APPEND_DATA, OPEN_ALWAYS);
  if (log == INVALID_HANDLE_VALUE) {
    return last_error("cannot write " + path_to_utf8(log_file.filename()));
  }
  const HANDLE nothing = open_inheritable(L"NUL", GENERIC_READ, OPEN_EXISTING);
  const InheritedHandles handles({nothing, log});
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof(startup);
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = nothing;
  startup.StartupInfo.hStdOutput = log;
  startup.StartupInfo.hStdError = log;
  startup.lpAttributeList = handles.list();
  PROCESS_INFORMATION process{};
  // A trainer outlives the engine, so it leaves the engine's job object.
  const DWORD flags = CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP | CREATE_BREAKAWAY_FROM_JOB |
                      EXTENDED_STARTUPINFO_PRESENT;
  const bool has_started =
      handles.is_set() &&
      CreateProcessW(executable.c_str(), line.data(), nullptr, nullptr, TRUE, flags, nullptr,
                     nullptr, &startup.StartupInfo, &process) != 0;
  const bool is_missing = GetLastError() == ERROR_FILE_NOT_FOUND;
  Error error = last_error("cannot start " + name);
  CloseHandle(log);
  if (nothing != INVALID_HANDLE_VALUE) CloseHandle(nothing);
  if (!has_started) {
    if (!is_missing) return error;
    return Error{ErrorCode::NotFound, "the program " + name + " is missing; reinstall Greylag"};
  }
  const uint64_t mark = start_of(process.hProcess).value_or(0);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return SpawnedProcess{.pid = static_cast<int64_t>(process.dwProcessId), .start_mark = mark};
}

void end_process(int64_t pid, bool is_forced) {
  // A polite request goes through the run folder's control file; there is no SIGTERM here.
  if (!is_forced) {
    GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, static_cast<DWORD>(pid));
    return;
  }
  const HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, static_cast<DWORD>(pid));
  if (process == nullptr) return;
  TerminateProcess(process, 1);
  CloseHandle(process);
}

Result<int64_t> acquire_lock(const std::filesystem::path& path) {
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                                  OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    if (GetLastError() == ERROR_SHARING_VIOLATION) {
      return Error{ErrorCode::Conflict, "another process is using it"};
    }
    return last_error("cannot lock " + path_to_utf8(path.filename()));
  }
  return static_cast<int64_t>(reinterpret_cast<intptr_t>(file));
}

void release_lock(int64_t handle) {
  if (handle != -1) CloseHandle(reinterpret_cast<HANDLE>(static_cast<intptr_t>(handle)));
}

std::optional<uint64_t> address_space_left_bytes() { return {}; }  // there is no such limit

uint64_t memory_total_bytes() {
  MEMORYSTATUSEX status{};
  status.dwLength = sizeof(status);
  return GlobalMemoryStatusEx(&status) != 0 ? status.ullTotalPhys : 0;
}

uint64_t memory_available_bytes() {
  MEMORYSTATUSEX status{};
  status.dwLength = sizeof(status);
  return GlobalMemoryStatusEx(&status) != 0 ? status.ullAvailPhys : 0;
}

uint64_t memory_resident_bytes() {
  PROCESS_MEMORY_COUNTERS counters{};
  GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters));
  return counters.WorkingSetSize;
}

uint64_t memory_peak_bytes() {
  PROCESS_MEMORY_COUNTERS counters{};
  GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters));
  return counters.PeakWorkingSetSize;
}

uint64_t disk_free_bytes(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return error ? 0 : space.available;
}

unsigned cpu_count() {
  DWORD_PTR process = 0, system = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &process, &system) == 0 || process == 0) {
    return std::max(1u, std::thread::hardware_concurrency());
  }
  return static_cast<unsigned>(std::popcount(static_cast<uint64_t>(process)));
}

std::string cpu_name() {
  char name[256] = {};
  DWORD size = sizeof(name);
  const LSTATUS found =
      RegGetValueA(HKEY_LOCAL_MACHINE, "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0",
                   "ProcessorNameString", RRF_RT_REG_SZ, nullptr, name, &size);
  return found == ERROR_SUCCESS ? name : "CPU";
}

std::vector<uint8_t> random_bytes(size_t n) {
  std::vector<uint8_t> bytes(n);
  const NTSTATUS status = BCryptGenRandom(nullptr, bytes.data(), static_cast<ULONG>(n),
                                          BCRYPT_USE_SYSTEM_PREFERRED_RNG);
  if (status != 0) std::abort();
  return bytes;
}

Result<int> create_file(const std::filesystem::path& path, bool /*is_private: by folder*/) {
  int fd = -1;
  const errno_t code = _wsopen_s(&fd, path.c_str(), _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY,
                                 _SH_DENYWR, _S_IREAD | _S_IWRITE);
  if (code != 0) {
    return Error{code == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Internal,
                 "cannot create " + path_to_utf8(path.filename()) + ": " + std::strerror(code)};
  }
  return fd;
}

// Other writers are denied, which is the lock.
Result<int> open_exclusive(const std::filesystem::path& path) {
  int fd = -1;
  const errno_t code = _wsopen_s(&fd, path.c_str(), _O_RDWR | _O_CREAT | _O_BINARY, _SH_DENYWR,
                                 _S_IREAD | _S_IWRITE);
  if (code == EACCES) {
    return Error{ErrorCode::Conflict,
                 "another process is writing " + path_to_utf8(path.filename())};
  }
  if (code != 0) {
    return Error{code == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Internal,
                 "cannot create " + path_to_utf8(path.filename()) + ": " + std::strerror(code)};
  }
  return fd;
}

int write_fully(int fd, const void* bytes, size_t size) {
  const auto* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const int written = _write(fd, next, static_cast<unsigned>(std::min<size_t>(size, 1u << 30)));
    if (written < 0) return errno;
    next += written;
    size -= static_cast<size_t>(written);
  }
  return 0;
}

int seek_file(int fd, uint64_t offset) {
  return _lseeki64(fd, static_cast<int64_t>(offset), SEEK_SET) < 0 ? errno : 0;
}

int truncate_file(int fd, uint64_t size) { return _chsize_s(fd, static_cast<int64_t>(size)); }

int close_file(int fd) { return _close(fd) == 0 ? 0 : errno; }

// An open file has no other name here: it is closed first.
Status close_as(int fd, const std::filesystem::path& from, const std::filesystem::path& to) {
  _close(fd);
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) {
    return Error{ErrorCode::Internal,
                 "cannot replace " + path_to_utf8(to.filename()) + ": " + error.message()};
  }
  return {};
}

bool is_disk_full(int errno_value) { return errno_value == ENOSPC; }

bool is_file_too_large(int errno_value) { return errno_value == EFBIG; }

Result<Input> open_input(const std::filesystem::path& path) {
  const std::string name = path_to_utf8(path.filename());
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE,
                                  nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    const DWORD code = GetLastError();
    Error error = last_error("cannot open " + name);
    if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND) {
      error.code = ErrorCode::NotFound;
    }
    return error;
  }
  LARGE_INTEGER size{};
  if (GetFileType(file) != FILE_TYPE_DISK || GetFileSizeEx(file, &size) == 0) {
    CloseHandle(file);
    return Error{ErrorCode::BadFile, name + " is not a readable file"};
  }
  return Input{.handle = static_cast<int64_t>(reinterpret_cast<intptr_t>(file)),
               .size = static_cast<uint64_t>(size.QuadPart)};
}

void close_input(int64_t handle) {
  if (handle != -1) CloseHandle(reinterpret_cast<HANDLE>(static_cast<intptr_t>(handle)));
}

Status read_at(int64_t handle, uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    OVERLAPPED position{};
    position.Offset = static_cast<DWORD>(offset);
    position.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD got = 0;
    const BOOL is_read =
        ReadFile(reinterpret_cast<HANDLE>(static_cast<intptr_t>(handle)), out.data(),
                 static_cast<DWORD>(std::min<size_t>(out.size(), 1u << 30)), &got, &position);
    if (is_read == 0 && GetLastError() != ERROR_HANDLE_EOF) {
      return last_error("the file cannot be read");
    }
    if (got == 0) return Error{ErrorCode::BadFile, "the file was cut while it was read"};
    out = out.subspan(got);
    offset += got;
  }
  return {};
}

// A file cannot be cut while it is mapped here (ERROR_USER_MAPPED_FILE).
Result<Mapping> map_input(const Input& input) {
  Mapping mapping;
  mapping.size = static_cast<size_t>(input.size);
  if (mapping.size == 0) return mapping;
  mapping.handle = CreateFileMappingW(reinterpret_cast<HANDLE>(static_cast<intptr_t>(input.handle)),
                                      nullptr, PAGE_READONLY, 0, 0, nullptr);
  if (mapping.handle != nullptr) {
    mapping.address = MapViewOfFile(mapping.handle, FILE_MAP_READ, 0, 0, 0);
  }
  if (mapping.address == nullptr) {
    Error error = last_error("the file cannot be mapped into memory");
    if (mapping.handle != nullptr) CloseHandle(mapping.handle);
    return error;
  }
  return mapping;
}

bool is_intact(const Mapping& /*mapping*/) { return true; }

void unmap_input(const Mapping& mapping) {
  if (mapping.address != nullptr) UnmapViewOfFile(mapping.address);
  if (mapping.handle != nullptr) CloseHandle(mapping.handle);
}

Result<Privacy> make_private(const std::filesystem::path& /*path*/) { return Privacy::Private; }

Status sync_file(int fd) {
  const auto file = reinterpret_cast<HANDLE>(_get_osfhandle(fd));
  if (FlushFileBuffers(file) == 0) return last_error("cannot flush the file to the disk");
  return {};
}

// NTFS journals the rename itself; a folder cannot be flushed through this interface.
Status sync_folder(const std::filesystem::path& /*folder*/) { return {}; }

Status sync_path(const std::filesystem::path& file) {
  const HANDLE handle = CreateFileW(file.c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr,
                                    OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle == INVALID_HANDLE_VALUE) return last_error("cannot open the file");
  Status synced;
  if (FlushFileBuffers(handle) == 0) synced = last_error("cannot flush the file to the disk");
  CloseHandle(handle);
  return synced;
}

bool is_terminal(int fd) { return _isatty(fd) != 0; }

}  // namespace greylag::platform
