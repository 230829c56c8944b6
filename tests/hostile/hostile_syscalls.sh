#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# hostile_syscalls.sh HOSTILE_FILES: does reading every hostile file run, write or connect to nothing?
# Counts the forbidden system calls that strace sees. 77: skipped.
set -euo pipefail
program=$1
skip() { echo "skipped: $*"; exit 77; }

command -v strace >/dev/null || skip "strace is not here"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
strace -f -o "$folder/probe" true 2>/dev/null && grep -q execve "$folder/probe" ||
  skip "strace may not trace here"

"$program" write "$folder/files"
calls=execve,execveat,fork,vfork,socket,connect,bind,listen,sendto,sendmsg,open,openat,openat2,creat
calls+=,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat
calls+=,truncate,ftruncate,chmod,fchmod,fchmodat,chown,fchown,kill,ptrace
strace -f -qq -e trace="$calls" -o "$folder/trace" "$program" read "$folder/files"

# Each file must have been opened, or the trace has seen nothing.
opened=$(grep -c "$folder/files/" "$folder/trace" || true)
files=$(find "$folder/files" -type f | wc -l)
empty=$(find "$folder/files" -type f -empty | wc -l) # refused by their size alone
if [ "$opened" -lt $((files - empty)) ]; then
  echo "the trace shows $opened openings of $files files"
  exit 1
fi
# What is allowed: the program's own start, and opening for reading.
forbidden=$(sed '1{/ execve(/d}' "$folder/trace" | grep -vE '\+\+\+ exited|--- SIG' |
  grep -vE ' open(at)?\(.*O_RDONLY' || true)
writing=$(grep -E ' open(at)?\(.*O_(CREAT|TRUNC|APPEND|WRONLY|RDWR)' "$folder/trace" || true)
if [ -n "$forbidden$writing" ]; then
  printf '%s\n%s\n' "$forbidden" "$writing" | head -20
  echo "reading hostile files made forbidden system calls"
  exit 1
fi
echo "$files hostile files read: 0 programs started, 0 sockets, 0 files written, renamed or removed"
