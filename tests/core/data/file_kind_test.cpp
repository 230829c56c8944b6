// SPDX-License-Identifier: Apache-2.0
// Content says what a file is; what cannot be read is refused by its own name.
#include "core/data/file_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greylag {
namespace {

using testing::HasSubstr;

// "jsonl", "table;" or the refusal.
std::string kind_of(std::string_view bytes, std::string_view ending = ".txt") {
  const auto found = find_kind(bytes, true, ending);
  if (!found) {
    EXPECT_EQ(found.error().code, ErrorCode::BadFile);
    return found.error().message;
  }
  const std::string name = file_kind_name(found->kind);
  return found->kind == FileKind::Table ? name + found->delimiter : name;
}

TEST(FileKind, IsTakenFromTheContent) {
  for (const char* ending : {".txt", ".jsonl", ".csv", "", ".md"}) {
    EXPECT_EQ(kind_of("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", ending), "jsonl") << ending;
    EXPECT_EQ(kind_of("\xEF\xBB\xBF \n{ \"text\":\"a\"}", ending), "jsonl") << ending;
    EXPECT_EQ(kind_of("[\n  {\n    \"text\": \"a\"\n  }\n]\n", ending), "json") << ending;
  }
  EXPECT_EQ(kind_of("One line.\n{\"text\":\"b\"}\n"), "text");
  EXPECT_EQ(kind_of("# rows\n{\"text\":\"a\"}\n{\"text\":\"b\"}\n"), "jsonl");
  EXPECT_EQ(kind_of("{braces} open a text\n"), "text");
  EXPECT_EQ(kind_of("", ".csv"), "text");  // in which nothing can be learned
}

TEST(FileKind, TellsListsFromTextInBrackets) {
  EXPECT_EQ(kind_of("[{\"text\":"), "json");
  EXPECT_EQ(kind_of("[[\"q\",\"a\"],[\"r\",\"b\"]]"), "json");
  EXPECT_EQ(kind_of("[\"a\", \"b\"]"), "json");
  for (const char* text : {"[1] A footnote.\n", "[12:30] Ann: hello\n", "[[A link]] in a wiki\n",
                           "[a link](b)\n", "[\"Quoted\" he said]\n", "[section]\nkey=1\n"}) {
    EXPECT_EQ(kind_of(text), "text") << text;
  }
}

TEST(FileKind, NeverReadsAFileOfRowsAsTextByItsName) {
  EXPECT_EQ(kind_of("no rows\n", ".jsonl"), "jsonl");
  EXPECT_EQ(kind_of("no rows\n", ".json"), "jsonl");
  EXPECT_THAT(kind_of("no rows\nhere\n", ".csv"), HasSubstr("table (CSV) without columns"));
}

TEST(FileKind, KnowsTablesByTheirHeader) {
  EXPECT_EQ(kind_of("instruction,output\n\"a\nb\",c\n"), "table,");
  EXPECT_EQ(kind_of("\xEF\xBB\xBFPrompt;Completion\r\na, b;c\r\n"), "table;");
  EXPECT_EQ(kind_of("question\tanswer\na\tb\n"), "table\t");
  EXPECT_EQ(kind_of("id,text\n1,a\n"), "table,");
  EXPECT_EQ(kind_of("text\nA line, with a comma.\n", ".csv"), "table,");
  EXPECT_EQ(kind_of("prompt,chosen,rejected\na,b,c\n"), "table,");
}

TEST(FileKind, RefusesTablesWithoutAKnownColumn) {
  std::string table = "Frage;Antwort\n";
  for (int i = 0; i < 6; ++i) table += "a;b\n";
  const std::string refusal = kind_of(table);
  EXPECT_THAT(refusal, HasSubstr("table (CSV)"));
  EXPECT_THAT(refusal, HasSubstr("\"frage\", \"antwort\""));
  EXPECT_THAT(refusal, HasSubstr("\"instruction\" and \"output\""));
}

TEST(FileKind, LeavesTextWithCommasAlone) {
  std::string poem = "Roses are red, violets are blue,\n";
  for (int i = 0; i < 9; ++i) poem += "one, two,\n";
  EXPECT_EQ(kind_of(poem), "text");
  EXPECT_EQ(kind_of("Hello, user\nhow are you?\n"), "text");
  EXPECT_EQ(kind_of("Dear Ann,\nI write, as ever, late.\n"), "text");
}

TEST(FileKind, RefusesByName) {
  const std::pair<std::string, const char*> files[] = {
      {"%PDF-1.7\n", "PDF"},
      {"{\\rtf1 a}", "RTF"},
      {std::string("PK\x03\x04\x14\0", 6), "ZIP"},
      {"\x1F\x8B\x08", "gzip"},
      {"\x28\xB5\x2F\xFD", "zstd"},
      {std::string("PAR1\x15\0", 6), "Parquet"},
      {std::string("ARROW1\0\0", 8), "Arrow"},
      {std::string("SQLite format 3\0", 16), "SQLite"},
      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "Office"},
      {"\xFF\xFEH", "UTF-16"},
      {std::string("H\0i\0\n\0", 6), "UTF-16"},
      {"  <!DOCTYPE html>\n<html>", "HTML"},
      {"<?xml version=\"1.0\"?>", "XML"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"},
      {std::string("a text with a\0NUL in it", 23), "binary"},
      {"{\n  \"text\": \"a\"\n}\n", "over several lines"},
  };
  for (const auto& [bytes, name] : files) EXPECT_THAT(kind_of(bytes), HasSubstr(name)) << name;
  EXPECT_EQ(kind_of("GGUF is a format of files.\n"), "text");
}

}  // namespace
}  // namespace greylag
