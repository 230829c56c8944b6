// SPDX-License-Identifier: GPL-3.0-or-later
// Answers as blocks while they grow, and Markdown that cannot fetch anything.
#include "app/chat/block_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include "app/chat/safe_markdown.h"

namespace {

QStringList kinds(const BlockModel& model) {
  QStringList list;
  for (int row = 0; row < model.rowCount(); ++row) {
    list.append(model.index(row).data(BlockModel::KindRole).toString());
  }
  return list;
}

const QString kAnswer = QStringLiteral(
    "<think>\nhm\n</think>\nFirst *words*.\n\nSecond.\n\n1. one\n\n2. two\n\n```cpp\nint a;\n\n"
    "int b;\n```\nEnd.");

}  // namespace

class BlockModelTest : public QObject {
  Q_OBJECT

 private slots:
  void splitsThoughtsTextListsAndCode() {
    BlockModel model;
    model.setText(kAnswer, true);
    QCOMPARE(kinds(model), QStringList({"think", "text", "text", "text", "code", "text"}));
    QCOMPARE(model.index(3).data(BlockModel::SourceRole).toString(),
             QStringLiteral("1. one\n\n2. two"));
    QCOMPARE(model.index(4).data(BlockModel::LanguageRole).toString(), QStringLiteral("cpp"));
    QCOMPARE(model.index(4).data(BlockModel::SourceRole).toString(),
             QStringLiteral("int a;\n\nint b;"));
    QCOMPARE(model.index(5).data(BlockModel::IsOpenRole).toBool(), false);
  }

  void endsTheSameWhenTheTextGrowsLetterByLetter() {
    BlockModel whole;
    whole.setText(kAnswer, true);
    BlockModel growing;
    const QAbstractItemModelTester tester(&growing);
    for (qsizetype length = 1; length <= kAnswer.size(); ++length) {
      growing.setText(kAnswer.left(length), false);
    }
    growing.setText(kAnswer, true);
    QCOMPARE(kinds(growing), kinds(whole));
    for (int row = 0; row < whole.rowCount(); ++row) {
      QCOMPARE(growing.index(row).data(BlockModel::SourceRole),
               whole.index(row).data(BlockModel::SourceRole));
    }
  }

  void changesOnlyTheLastBlockWhenTextIsAdded() {
    BlockModel model;
    model.setText(QStringLiteral("One.\n\nTwo.\n\nThree"), false);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    model.setText(QStringLiteral("One.\n\nTwo.\n\nThree and more"), false);
    QCOMPARE(reset.count(), 0);
    QCOMPARE(changed.count(), 1);
    QCOMPARE(changed[0][0].toModelIndex().row(), model.rowCount() - 1);
  }

  void neutralisesImagesAndHtmlOutsideOfCode() {
    QCOMPARE(safeMarkdown(QStringLiteral("![x](http://a.b/c.png)")),
             QStringLiteral("\\![x](http://a.b/c.png)"));
    QCOMPARE(safeMarkdown(QStringLiteral("<img src=x> `a<b` ``<`` <")),
             QStringLiteral("&lt;img src=x> `a<b` ``<`` &lt;"));
    QCOMPARE(safeMarkdown(QStringLiteral("`never closed <b>")),
             QStringLiteral("\\`never closed &lt;b>"));
  }
};

QTEST_GUILESS_MAIN(BlockModelTest)
#include "block_model_test.moc"
