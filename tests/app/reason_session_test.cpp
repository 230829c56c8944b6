// SPDX-License-Identifier: GPL-3.0-or-later
// The Reason page's C++ side with the fake engine: typing, pasting, undo, solving segment by
// segment, stop, refusals, broken streams.
#include "app/reason/reason_session.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QGuiApplication>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include "app/reason/sudoku_examples.h"
#include "core/base/file.h"
#include "tests/support/fake_engine.h"

class ReasonSessionTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_fake = std::make_unique<FakeEngine>();
    QVERIFY(m_fake->listen());
    m_fake->writeRecord(m_folder->path());
    const auto home = greylag::Home::open(greylag::path_from_utf8(m_folder->path().toStdString()));
    m_engine = std::make_unique<EngineState>(*home, "/does/not/exist");
    m_session = std::make_unique<ReasonSession>();
    m_session->setEngine(m_engine.get());
    m_engine->open();
    QTRY_VERIFY(m_session->isKnown());
  }

  void cleanup() {
    m_session.reset();
    m_engine.reset();
    m_fake.reset();
  }

  void choosesTheBuiltInSudokuModel() {
    QCOMPARE(m_session->model(), QStringLiteral("greylag-sudoku"));
    QCOMPARE(m_session->modelIndex(), 0);
    QCOMPARE(m_session->models().size(), 3);
    QCOMPARE(m_session->grid()->size(), 9);
    QVERIFY(m_session->obstacle().isEmpty());
  }

  void letsGoOfItsEngine() {
    m_session->setEngine(nullptr);
    QVERIFY(m_session->engine() == nullptr);
    QVERIFY(!m_session->canSolve());
    m_session->solve();
    QVERIFY(!m_session->isSolving());
    emit m_engine->connected();  // no longer heard
    emit m_engine->eventReceived(QStringLiteral("models"), {});
    m_session->setEngine(m_engine.get());
    QTRY_VERIFY(m_session->isKnown());
  }

  void saysWhatItCannotDraw() {
    m_session->setModel("my-maze");
    QVERIFY(m_session->obstacle().contains("greylag-engine solve"));
    QVERIFY(!m_session->canSolve());
    QVERIFY(m_session->hint().isEmpty());
  }

  void saysWhyAModelIsBroken() {
    m_fake->data.reasoners.models = {{}};
    m_fake->data.reasoners.models[0].id = "bad";
    m_fake->data.reasoners.models[0].problem = "a tensor is missing";
    m_fake->sendEvent("models", "{}");
    QTRY_COMPARE(m_session->model(), QStringLiteral("bad"));
    QVERIFY(m_session->obstacle().contains("a tensor is missing"));
  }

  void followsTheListOfModels() {
    m_fake->data.reasoners.models.clear();
    m_fake->sendEvent("models", "{}");
    QTRY_VERIFY(m_session->models().isEmpty());
    QVERIFY(m_session->model().isEmpty() && !m_session->canSolve());
  }

  void writesByKeyboard() {
    SudokuGridModel* grid = m_session->grid();
    const QAbstractItemModelTester tester(grid);
    QVERIFY(grid->press(Qt::Key_5));
    QVERIFY(grid->press(Qt::Key_Right));
    QVERIFY(grid->press(Qt::Key_Down));
    QVERIFY(grid->press(Qt::Key_3));
    QVERIFY(!grid->press(Qt::Key_A));
    QCOMPARE(grid->cursor(), 10);
    QCOMPARE(digit(0), 5);
    QCOMPARE(digit(10), 3);
    QVERIFY(value(0, SudokuGridModel::IsGivenRole).toBool());
    QVERIFY(grid->press(Qt::Key_Delete));
    QCOMPARE(digit(10), 0);
    for (int i = 0; i < 20; ++i) grid->press(Qt::Key_Left);
    QCOMPARE(grid->cursor(), 9);  // the edge holds
  }

  void refusesDigitsThatTheSizeDoesNotHave() {
    m_session->setModel("my-sudoku");
    QCOMPARE(m_session->grid()->size(), 4);
    QVERIFY(!m_session->grid()->press(Qt::Key_5));
    QVERIFY(m_session->grid()->press(Qt::Key_4));
  }

  void marksDigitsThatMeet() {
    SudokuGridModel* grid = m_session->grid();
    grid->press(Qt::Key_7);
    grid->setCursor(20);  // row 3, column 3: the same box only
    grid->press(Qt::Key_7);
    QCOMPARE(grid->conflictCount(), 2);
    QVERIFY(value(0, SudokuGridModel::IsWrongRole).toBool());
    QVERIFY(value(20, SudokuGridModel::IsWrongRole).toBool());
    QVERIFY(!m_session->canSolve());
    QVERIFY(!m_session->hint().isEmpty());
    grid->setCursor(0);
    grid->press(Qt::Key_8);
    QCOMPARE(grid->conflictCount(), 0);
    QVERIFY(m_session->canSolve());
  }

  void undoesAndRedoesEdits() {
    SudokuGridModel* grid = m_session->grid();
    QVERIFY(!grid->canUndo());
    grid->press(Qt::Key_5);
    QVERIFY(m_session->enter(kFakePuzzle));
    grid->clear();
    QCOMPARE(grid->clueCount(), 0);
    grid->undo();
    QCOMPARE(sudokuLine(grid->puzzle()), QString(kFakePuzzle));
    grid->undo();
    QCOMPARE(digit(0), 5);
    QCOMPARE(grid->clueCount(), 1);
    grid->redo();
    QCOMPARE(sudokuLine(grid->puzzle()), QString(kFakePuzzle));
    grid->press(Qt::Key_1);  // a new way: nothing to redo
    QVERIFY(!grid->canRedo());
  }

  void readsPuzzlesOfManyLooks_data() {
    QTest::addColumn<QString>("text");
    const QString line = kFakePuzzle;
    QTest::newRow("line") << line;
    QTest::newRow("zeros") << QString(line).replace('.', '0');
    QString drawn;
    for (int row = 0; row < 9; ++row) {
      if (row % 3 == 0) drawn += "+---+---+---+\n";
      for (int box = 0; box < 3; ++box) drawn += QChar(0x2502) + line.mid(row * 9 + box * 3, 3);
      drawn += "|\r\n";
    }
    QTest::newRow("drawn") << drawn;
  }

  void readsPuzzlesOfManyLooks() {
    QFETCH(QString, text);
    QGuiApplication::clipboard()->setText(text);
    QVERIFY(m_session->pasteFromClipboard());
    QCOMPARE(sudokuLine(m_session->grid()->puzzle()), QString(kFakePuzzle));
  }

  void refusesWhatIsNoPuzzle_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("word");
    QTest::newRow("letters") << "hello" << QStringLiteral("“h”");
    QTest::newRow("short") << "53..7"
                           << "5 cells";
    QTest::newRow("digit") << "5..............."
                           << "no digit 5";
    QTest::newRow("size") << QString(36, '.') << QStringLiteral("6 × 6");
    QTest::newRow("nothing") << " "
                             << "no text";
  }

  void refusesWhatIsNoPuzzle() {
    QFETCH(QString, text);
    QFETCH(QString, word);
    QGuiApplication::clipboard()->setText(text);
    QVERIFY(!m_session->pasteFromClipboard());
    QVERIFY2(m_session->trouble().contains(word), qPrintable(m_session->trouble()));
    QVERIFY(m_session->enter(kFakePuzzle));
    QVERIFY(m_session->trouble().isEmpty());
  }

  void choosesTheModelThatFitsAPastedPuzzle() {
    QVERIFY(m_session->enter(kFakePuzzle));
    QVERIFY(m_session->enter(".1..2..312......"));
    QCOMPARE(m_session->model(), QStringLiteral("my-sudoku"));
    QCOMPARE(m_session->grid()->clueCount(), 5);
    m_session->setModel("greylag-sudoku");  // the other puzzle is still there
    QCOMPARE(sudokuLine(m_session->grid()->puzzle()), QString(kFakePuzzle));
  }

  void offersExamplesThatKeepTheRules() {
    for (const int size : {4, 6, 9}) {
      QVERIFY(!sudokuExamples(size).isEmpty());
      for (const QVariant& example : sudokuExamples(size)) {
        const auto cells = parseSudoku(example.toMap()["puzzle"].toString());
        QVERIFY(cells.ok());
        QCOMPARE(cells->size(), size * size);
        QVERIFY(sudokuConflicts(*cells, size).isEmpty());
      }
    }
  }

  void solvesSegmentBySegment() {
    m_session->setProperty("segments", 32);
    m_session->setProperty("attempts", 2);
    m_session->setProperty("seed", 7);
    solve();
    QTRY_VERIFY(!m_session->isSolving());
    const QJsonObject body = lastBody();
    QCOMPARE(body["model"].toString(), QStringLiteral("greylag-sudoku"));
    QCOMPARE(body["puzzle"].toString(), QString(kFakePuzzle));
    QCOMPARE(body["segments"].toInt(), 32);
    QCOMPARE(body["rollouts"].toInt(), 2);
    QCOMPARE(body["seed"].toInt(), 7);
    QCOMPARE(m_session->stepCount(), 3);
    QCOMPARE(m_session->step(), 3);
    QCOMPARE(sudokuLine(m_session->grid()->shown()), QString(kFakeAnswer));
    QCOMPARE(m_session->tone(), QStringLiteral("good"));
    QVERIFY(m_session->verdict().startsWith("Solved after 3"));
    QVERIFY(!m_session->canTryHarder());
  }

  void stepsThroughEarlierSegments() {
    solve();
    QTRY_VERIFY(!m_session->isSolving());
    m_session->setStep(1);
    QCOMPARE(digit(0), 9);
    QVERIFY(value(0, SudokuGridModel::IsWrongRole).toBool());
    QVERIFY(value(0, SudokuGridModel::IsChangedRole).toBool());
    QCOMPARE(value(0, SudokuGridModel::ConfidenceRole).toDouble(), 0.4);
    QCOMPARE(value(1, SudokuGridModel::ConfidenceRole).toDouble(), 1.0);  // given
    QCOMPARE(m_session->facts()[1].toMap()["value"].toString(), QStringLiteral("2"));
    QVERIFY(m_session->facts()[3].toMap()["value"].toString().contains("25"));
    m_session->setStep(0);
    QCOMPARE(digit(0), 0);
    QVERIFY(m_session->facts().isEmpty());
    m_session->setStep(99);
    QCOMPARE(m_session->step(), 3);
    QCOMPARE(digit(0), 7);
  }

  void staysAtTheSegmentThatTheUserLooksAt() {
    m_fake->pieceDelayMs = 30;
    solve();
    QTRY_COMPARE(m_session->stepCount(), 1);
    m_session->setStep(0);
    QTRY_VERIFY(!m_session->isSolving());
    QCOMPARE(m_session->stepCount(), 3);
    QCOMPARE(m_session->step(), 0);
  }

  void hidesTheAnswerOfAnotherPuzzleAndBringsItBack() {
    solve();
    QTRY_VERIFY(!m_session->isSolving());
    m_session->grid()->press(Qt::Key_7);
    QCOMPARE(m_session->stepCount(), 0);
    QVERIFY(m_session->verdict().isEmpty() && !m_session->grid()->hasAnswer());
    m_session->grid()->undo();
    QCOMPARE(m_session->step(), 3);
    QVERIFY(m_session->grid()->hasAnswer() && !m_session->verdict().isEmpty());
  }

  void stopsAndKeepsTheAnswerSoFar() {
    m_fake->pieceDelayMs = 10'000;
    solve();
    QTRY_COMPARE(m_session->stepCount(), 1);
    QVERIFY(!m_session->grid()->press(Qt::Key_A));
    m_session->grid()->press(Qt::Key_1);  // locked
    QCOMPARE(sudokuLine(m_session->grid()->puzzle()), QString(kFakePuzzle));
    m_session->stop();
    QVERIFY(!m_session->isSolving());
    QCOMPARE(m_session->tone(), QStringLiteral("info"));
    QCOMPARE(m_session->stepCount(), 1);
    QTRY_COMPARE(m_fake->closedStreams, 1);
    m_session->grid()->press(Qt::Key_1);
    QCOMPARE(digit(0), 1);
  }

  void saysWhatToDoWhenItIsNotSolved() {
    m_fake->data.solveEvents = {m_fake->data.solveEvents[0], m_fake->data.solveEvents[0]};
    m_fake->data.solveEvents[1].is_last = true;
    m_fake->data.solveEvents[1].end = "segments";
    solve();
    QTRY_VERIFY(!m_session->isSolving());
    QCOMPARE(m_session->tone(), QStringLiteral("warm"));
    QVERIFY(m_session->verdict().startsWith("Not solved after 1"));
    QVERIFY(m_session->advice().contains("2"));
    QVERIFY(m_session->canTryHarder());
    m_session->tryHarder();
    QTRY_VERIFY(!m_session->isSolving());
    QCOMPARE(lastBody()["segments"].toInt(), 32);
    QCOMPARE(lastBody()["rollouts"].toInt(), 4);
    m_fake->data.solveEvents[1].end = "halted";
    m_session->solve();
    QTRY_VERIFY(!m_session->isSolving());
    QVERIFY(m_session->verdict().contains("breaks the rules"));
  }

  void showsARefusal_data() {
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("reason");
    QTest::newRow("bad puzzle") << 400 << "the digit 5 stands twice in row 1";
    QTest::newRow("no model") << 404 << "there is no puzzle reasoner";
    QTest::newRow("queue full") << 429 << "too many puzzles wait to be solved";
  }

  void showsARefusal() {
    QFETCH(int, status);
    QFETCH(QString, reason);
    m_fake->overrides["POST /engine/reason/solve"] = {
        status, "{\"error\":{\"message\":\"" + reason.toUtf8() + "\"}}"};
    solve();
    QTRY_VERIFY(!m_session->isSolving());
    QCOMPARE(m_session->trouble(), reason);
    QVERIFY(m_session->verdict().isEmpty());
    QVERIFY(m_session->canSolve());
    m_session->dismissTrouble();
    QVERIFY(m_session->trouble().isEmpty());
  }

  void tellsWhenTheEngineFailsOrBreaksOff() {
    m_fake->pieceDelayMs = 20;  // what was sent arrives before the break
    m_fake->breakAfter = 1;
    solve();
    QTRY_VERIFY(!m_session->isSolving());
    QCOMPARE(m_session->tone(), QStringLiteral("bad"));
    QCOMPARE(m_session->stepCount(), 1);
    m_fake->breakAfter = -1;
    m_fake->data.solveEvents = {m_fake->data.solveEvents[3]};
    m_fake->data.solveEvents[0].is_solved = false;
    m_fake->data.solveEvents[0].end = "failed";
    m_fake->data.solveEvents[0].error = "not enough memory";
    m_session->solve();
    QTRY_VERIFY(!m_session->isSolving());
    QCOMPARE(m_session->verdict(), QStringLiteral("not enough memory"));
    QCOMPARE(m_session->tone(), QStringLiteral("bad"));
  }

  void refusesAnAnswerOfAnotherSize() {
    m_fake->data.solveEvents[0].cells.pop_back();
    solve();
    QTRY_VERIFY(!m_session->isSolving());
    QCOMPARE(m_session->tone(), QStringLiteral("bad"));
    QCOMPARE(m_session->stepCount(), 0);
  }

  void copiesTheAnswer() {
    solve();
    QTRY_VERIFY(!m_session->isSolving());
    m_session->copyShown();
    const QString text = QGuiApplication::clipboard()->text();
    QCOMPARE(text.split('\n').size(), 9);
    QCOMPARE(QString(text).remove('\n'), QString(kFakeAnswer));
  }

 private:
  void solve() {
    QVERIFY(m_session->enter(kFakePuzzle));
    m_session->solve();
    QVERIFY(m_session->isSolving());
    QVERIFY(!m_session->canSolve());
  }
  QVariant value(int cell, int role) {
    SudokuGridModel* grid = m_session->grid();
    return grid->data(grid->index(cell), role);
  }
  int digit(int cell) { return value(cell, SudokuGridModel::DigitRole).toInt(); }
  QJsonObject lastBody() const {
    for (auto request = m_fake->requests.rbegin(); request != m_fake->requests.rend(); ++request) {
      if (request->path == QLatin1String("/engine/reason/solve")) {
        return QJsonDocument::fromJson(request->body).object();
      }
    }
    return {};
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<FakeEngine> m_fake;
  std::unique_ptr<EngineState> m_engine;
  std::unique_ptr<ReasonSession> m_session;
};

QTEST_MAIN(ReasonSessionTest)
#include "reason_session_test.moc"
