// SPDX-License-Identifier: Apache-2.0
#include "tests/core/tokenizer/mixed_text.h"

#include <array>

#include "core/base/random.h"
#include "core/tokenizer/utf8.h"

namespace greylag::testing_data {
namespace {

constexpr auto kProse = std::to_array<std::string_view>({
    "The geese came over the marsh at dusk, low and loud, and nobody looked up. ",
    "\"You can't mean that,\" she said; but he did, and he'd said it twice already. ",
    "In 1871 the mill burned down. It was rebuilt within the year, larger than before.\n",
});

constexpr auto kSentences = std::to_array<std::string_view>({
    "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. ",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. ",
    "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. Άνδρα μοι ἔννεπε, Μοῦσα, πολύτροπον. ",
    "今天是美好的一天。学而时习之，不亦说乎？有朋自远方来，不亦乐乎？\n",
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "カタカナとひらがな、漢字の混ざった文章です。ｱｲｳｴｵ！\n",
    "모든 국민은 인간으로서의 존엄과 가치를 가지며, 행복을 추구할 권리를 가진다. ",
    "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق. ",
    "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. ",
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है। ",
    "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน ",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich — naïve façade, œuvre. ",
    "Příliš žluťoučký kůň úpěl ďábelské ódy; zażółć gęślą jaźń. Tiếng Việt có dấu. ",
});

constexpr auto kCode = std::to_array<std::string_view>({
    "for (size_t i = 0; i < n; ++i) {\n\t\tsum += x[i] * w[i];  // f32\n\t}\r\n",
    "def f(x, *args, **kw):\n    return {'a': x, \"b\": [1, 2.5e-3, 0xFF]}\n\n",
    "<div class=\"a b\"><p>&amp;&nbsp;</p></div>\n<!-- [PAD1] <s> <|endoftext|> -->\n",
    "{\"id\": 42, \"text\": \"\\u00e9\\n\", \"ok\": true, \"none\": null}\n",
    "SELECT a.*, COUNT(1) FROM t WHERE b <> 'x''y' GROUP BY 1; -- \\x00 \\\\ \\'\n",
    "https://example.org/a%20b?q=1&r=%E2%82%AC#s C:\\temp\\new.txt ../x ~/.y $HOME\n",
});

constexpr auto kEmoji = std::to_array<std::string_view>({
    "\U0001F600",
    "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466",  // a family
    "\U0001F3F3\uFE0F\u200D\U0001F308",                            // the rainbow flag
    "\U0001F44D\U0001F3FD",                                        // a skin tone
    "\U0001F1E9\U0001F1EA",                                        // a country
    "\u2764\uFE0F\u200D\U0001F525",
    "1\uFE0F\u20E3",
    " ",
});

struct Block {
  char32_t first, last;
};
constexpr auto kBlocks = std::to_array<Block>({
    {0x20, 0x7E},       {0xA0, 0xFF},       {0x100, 0x24F},     {0x370, 0x3FF},
    {0x400, 0x4FF},     {0x590, 0x5FF},     {0x600, 0x6FF},     {0x900, 0x97F},
    {0xE00, 0xE7F},     {0x1F00, 0x1FFF},   {0x2000, 0x206F},   {0x2190, 0x23FF},
    {0x3040, 0x30FF},   {0x4E00, 0x9FFF},   {0xAC00, 0xD7A3},   {0xE000, 0xF8FF},
    {0xFF00, 0xFFEF},   {0x10000, 0x1007F}, {0x1D400, 0x1D7FF}, {0x1F300, 0x1FAFF},
    {0x20000, 0x2A6DF}, {0xE0000, 0xE007F}, {0x1, 0x1F},
});

class Mixer {
 public:
  Mixer(uint64_t seed, std::string_view prose) : random_(seed, 0), prose_(prose) {}

  void add(std::string& text, MixedBytes bytes) {
    constexpr uint64_t kUtf8Kinds = 10;
    switch (random_.below(bytes == MixedBytes::Any ? kUtf8Kinds + 2 : kUtf8Kinds)) {
      case 0:
      case 1:
        return add_prose(text);
      case 2:
      case 3:
        return add_some(text, kSentences, 12);
      case 4:
        return add_some(text, kCode, 8);
      case 5:
        return add_some(text, kEmoji, 40);
      case 6:
        return add_characters(text);
      case 7:
        return add_marks(text);
      case 8:
        return add_numbers(text);
      case 9:
        return add_runs(text);
      case 10:
        return add_bytes(text);
      default:
        return add_broken(text);
    }
  }

 private:
  char32_t character(const Block& block) {
    return block.first + static_cast<char32_t>(random_.below(block.last - block.first + 1));
  }

  template <size_t N>
  void add_some(std::string& text, const std::array<std::string_view, N>& pieces, uint64_t most) {
    for (uint64_t n = 1 + random_.below(most); n > 0; --n) text += pieces[random_.below(N)];
  }

  void add_prose(std::string& text) {
    if (prose_.empty()) return add_some(text, kProse, 12);
    const size_t length = 1 + random_.below(1500);
    text += prose_.substr(random_.below(prose_.size()), length);
  }

  void add_characters(std::string& text) {
    const Block& block = kBlocks[random_.below(kBlocks.size())];
    for (uint64_t n = 1 + random_.below(300); n > 0; --n) append_utf8(text, character(block));
  }

  void add_marks(std::string& text) {
    for (uint64_t n = 1 + random_.below(100); n > 0; --n) {
      append_utf8(text, character({'A', 'z'}));
      for (uint64_t marks = random_.below(4); marks > 0; --marks) {
        append_utf8(text, character({0x300, 0x36F}));
      }
    }
  }

  void add_numbers(std::string& text) {
    constexpr std::string_view kSigns = "0123456789012345678901234567890123456789.,-+eE/:% ";
    for (uint64_t n = 1 + random_.below(300); n > 0; --n) text += kSigns[random_.below(50)];
  }

  void add_runs(std::string& text) {
    constexpr std::string_view kSigns = "  \n\t\r-=.aZ";
    text.append(1 + random_.below(400), kSigns[random_.below(kSigns.size())]);
    if (random_.below(4) == 0) {
      for (uint64_t n = random_.below(60); n > 0; --n) text += "\r\n";
    }
  }

  void add_bytes(std::string& text) {
    for (uint64_t n = 1 + random_.below(400); n > 0; --n) {
      text += static_cast<char>(random_.below(256));
    }
  }

  // Whole characters, of which some are cut, lose their head, or are written the long way.
  void add_broken(std::string& text) {
    constexpr auto kBroken = std::to_array<std::string_view>(
        {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF\xFE", "\xE2\x82", "\x80\xBF"});
    for (uint64_t n = 1 + random_.below(200); n > 0; --n) {
      std::string whole;
      append_utf8(whole, character(kBlocks[random_.below(kBlocks.size())]));
      const uint64_t chance = random_.below(6);
      if (chance == 0) {
        whole.pop_back();
      } else if (chance == 1) {
        whole.erase(0, 1);
      } else if (chance == 2) {
        whole = kBroken[random_.below(kBroken.size())];
      }
      text += whole;
    }
  }

  CounterRandom random_;
  std::string_view prose_;
};

}  // namespace

std::string mixed_text(size_t size_bytes, MixedBytes bytes, uint64_t seed, std::string_view prose) {
  Mixer mixer(seed, prose);
  std::string text;
  while (text.size() < size_bytes) mixer.add(text, bytes);
  text.resize(size_bytes);
  if (bytes == MixedBytes::Utf8) {
    // The last character may be cut.
    if (const size_t bad = find_bad_utf8(text); bad != std::string::npos) text.resize(bad);
  }
  return text;
}

}  // namespace greylag::testing_data
