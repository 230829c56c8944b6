// SPDX-License-Identifier: Apache-2.0
// Entries of a JSON list and records of a table, each with its line.
#include <gtest/gtest.h>

#include "core/data/json_list_reader.h"
#include "core/data/line_reader.h"
#include "core/data/table_reader.h"

namespace greylag {
namespace {

using Texts = std::vector<std::string>;

// "LINE:entry" or "LINE!problem".
Texts entries_of(std::string_view text) {
  BlockReader blocks = BlockReader::in_memory(text);
  ByteReader bytes(blocks);
  JsonListReader reader(bytes);
  Texts entries;
  std::string entry;
  for (bool goes_on = true; goes_on;) {
    goes_on = reader.next(entry);
    const std::string line = std::to_string(reader.line());
    if (!reader.problem().empty()) {
      entries.push_back(line + "!" + reader.problem());
    } else if (goes_on) {
      entries.push_back(line + ":" + entry);
    }
  }
  return entries;
}

TEST(JsonListReader, GivesEachEntryWithItsLine) {
  EXPECT_EQ(entries_of("[{\"a\":\"]}\\\"\"}, [1,[2]],\n\n{\n\"b\":{}\n}\n ,3 , \"x,y\"]\n"),
            (Texts{"1:{\"a\":\"]}\\\"\"}", "1:[1,[2]]", "3:{\n\"b\":{}\n}", "6:3", "6:\"x,y\""}));
  EXPECT_EQ(entries_of(" [ ] "), Texts{});
  EXPECT_EQ(entries_of("[{},]"), Texts{"1:{}"});
}

TEST(JsonListReader, SaysWhatIsWrongBetweenEntriesAndGoesOn) {
  EXPECT_EQ(entries_of("[{}\n{}\n,{}]"), (Texts{"1:{}", "2!a comma is missing before it", "3:{}"}));
  EXPECT_EQ(entries_of("[{},\n{\"a\""),
            (Texts{"1:{}", "2:{\"a\"", "2!the list has no end: the file is cut off"}));
  EXPECT_EQ(entries_of("[{}]\n[{}]"),
            (Texts{"1:{}", "2!there is more behind the end of the list"}));
  EXPECT_EQ(entries_of("[}},{}]"), (Texts{"1:}", "1!a comma is missing before it", "1:{}"}));
}

TEST(JsonListReader, CutsAnEntryThatIsTooLong) {
  const std::string text = "[\"" + std::string(kLongestRow + 5, 'a') + "\",{}]";
  BlockReader blocks = BlockReader::in_memory(text);
  ByteReader bytes(blocks);
  JsonListReader reader(bytes);
  std::string entry;
  ASSERT_TRUE(reader.next(entry));
  EXPECT_TRUE(reader.is_too_long());
  EXPECT_EQ(entry.size(), kLongestRow);
  ASSERT_TRUE(reader.next(entry));
  EXPECT_FALSE(reader.is_too_long());
  EXPECT_EQ(entry, "{}");
}

// "LINE:a|b", with "!problem" behind.
Texts records_of(std::string_view text, char delimiter = ',') {
  BlockReader blocks = BlockReader::in_memory(text);
  ByteReader bytes(blocks);
  TableReader reader(bytes, delimiter);
  Texts records, fields;
  while (reader.next(fields)) {
    std::string record = std::to_string(reader.line()) + ":";
    for (size_t i = 0; i < fields.size(); ++i) record += (i == 0 ? "" : "|") + fields[i];
    if (!reader.problem().empty()) record += "!" + reader.problem();
    records.push_back(std::move(record));
  }
  return records;
}

TEST(TableReader, ReadsQuotesDelimitersAndLineBreaks) {
  EXPECT_EQ(records_of("a,b\r\n\"c, \"\"d\"\"\r\ne\",f\n\n,\ng,h"),
            (Texts{"1:a|b", "2:c, \"d\"\ne|f", "5:|", "6:g|h"}));
  EXPECT_EQ(records_of("\xEF\xBB\xBF\"a\";b\n\xEF\xBB\xBF\"c\";d \"e\"\n", ';'),
            (Texts{"1:a|b", "2:c|d \"e\""}));
  EXPECT_EQ(records_of("a\tb,c\r\n", '\t'), Texts{"1:a|b,c"});
}

TEST(TableReader, SaysWhatIsWrongWithARecord) {
  EXPECT_EQ(records_of("\"a\" b,c\nd,e\n"),
            (Texts{"1:a b|c!a field goes on behind the quote that closes it", "2:d|e"}));
  EXPECT_EQ(records_of("a,b\nc,\"d\ne,f\n"),
            (Texts{"1:a|b",
                   "2:c|d\ne,f\n!a double quote is never closed: the rest of the file is inside "
                   "it"}));
}

TEST(LineReader, DropsByteOrderMarksOfJoinedFiles) {
  BlockReader blocks = BlockReader::in_memory(
      "\xEF\xBB\xBF"
      "a\n\xEF\xBB\xBF"
      "b\xEF\xBB\xBF\n");
  LineReader reader(blocks);
  std::string line;
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line, "a");
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line, "b\xEF\xBB\xBF");
}

}  // namespace
}  // namespace greylag
