// SPDX-License-Identifier: GPL-3.0-or-later
// The wizard's rules: what each step needs, defaults that follow the method, and what is sent.
#include "app/train/train_form.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace greylag::protocol;

namespace {

ModelList twoModels() {
  ModelList list;
  ModelStatus good, bad;
  good.id = "tiny";
  good.path = "/models/tiny.safetensors";
  bad.id = "old";
  bad.problem = "This is an RWKV-6 file.";
  list.models = {good, bad};
  return list;
}

DataCheckReply checkReply(int64_t usable, bool isBad) {
  DataCheckReply reply;
  reply.kind = "jsonl";
  reply.rows = 10;
  reply.usable_rows = usable;
  reply.tokens = 400;
  reply.learned_tokens = 200;
  reply.histogram = {3, 7, 0, 1, 0};
  if (isBad) reply.errors.push_back({4, "bad_json", "A comma is missing.", true});
  reply.errors.push_back({6, "too_long", "It will be cut.", false});
  reply.previews.push_back({1, {{"User: a<b\n", false}, {"yes", true}}});
  return reply;
}

PlanReply planReply() {
  PlanReply reply;
  reply.weight_bytes = 100;
  reply.optimizer_bytes = 200;
  reply.activation_bytes = 300;
  reply.total_bytes = 600;
  reply.memory_available_bytes = 1000;
  reply.checkpoint_bytes = 5'000'000;
  reply.config.keep_last = 2;
  return reply;
}

// A form that has reached the review.
void fill(TrainForm& form, const QString& dataFile) {
  form.setModels(twoModels());
  form.chooseData(QUrl::fromLocalFile(dataFile));
  form.setCheckReply(checkReply(10, false));
  form.setPlanReply(planReply());
}

}  // namespace

class TrainFormTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    QVERIFY(m_folder.isValid());
    m_file = m_folder.filePath("pairs.jsonl");
    QFile file(m_file);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{\"text\": \"hello\"}\n");
  }

  void stepsOpenOneAfterTheOther() {
    TrainForm form;
    QCOMPARE(form.reachableStep(), int(TrainForm::Model));  // a goal is always chosen
    form.next();
    form.next();
    QCOMPARE(form.step(), int(TrainForm::Model));  // no model yet
    QVERIFY(!form.problem().isEmpty());
    form.setModels(twoModels());
    QCOMPARE(form.modelId(), "tiny");  // the only usable one
    QVERIFY(form.refusedModels().contains("RWKV-6"));
    form.next();
    QCOMPARE(form.step(), int(TrainForm::Data));
    form.goTo(TrainForm::Review);
    QCOMPARE(form.step(), int(TrainForm::Data));
    form.chooseData(QUrl::fromLocalFile(m_file));
    form.next();
    QCOMPARE(form.step(), int(TrainForm::Check));
    form.setCheckReply(checkReply(10, false));
    form.next();
    form.setPlanReply(planReply());
    form.next();
    QCOMPARE(form.step(), int(TrainForm::Review));
    QCOMPARE(form.reachableStep(), int(TrainForm::Review));
  }

  void badRowsStopUntilTheyAreSkipped() {
    TrainForm form;
    fill(form, m_file);
    form.setCheckReply(checkReply(9, true));
    QVERIFY(!form.problemOf(TrainForm::Check).isEmpty());
    form.setSkipBadRows(true);
    QVERIFY(form.problemOf(TrainForm::Check).isEmpty());
    QVERIFY(form.config().skip_bad_rows);
    form.setCheckReply(checkReply(0, true));
    QVERIFY(!form.problemOf(TrainForm::Check).isEmpty());  // nothing left to learn from
  }

  void anotherModelNeedsAnotherCheck() {
    TrainForm form;
    ModelList list = twoModels();
    list.models[1].problem.clear();
    form.setModels(list);
    form.setModelId("tiny");
    form.chooseData(QUrl::fromLocalFile(m_file));
    form.setCheckReply(checkReply(10, false));
    QVERIFY(form.problemOf(TrainForm::Check).isEmpty());
    form.setModelId("old");
    QVERIFY(!form.problemOf(TrainForm::Check).isEmpty());
  }

  void goingBackKeepsTheDraft() {
    TrainForm form;
    fill(form, m_file);
    form.setSetting("steps", "321");
    form.setName("mine");
    form.goTo(TrainForm::Plan);
    for (int i = 0; i < 5; ++i) form.back();
    QCOMPARE(form.step(), int(TrainForm::Goal));
    QCOMPARE(form.name(), "mine");
    QCOMPARE(form.config().steps, 321);
    QCOMPARE(form.dataPath(), m_file);
  }

  void theGoalProposesAMethodThatCanBeChanged() {
    TrainForm form;
    form.setGoal("pretrain");
    QCOMPARE(form.method(), "full");
    form.setMethod("lora");
    QCOMPARE(form.method(), "lora");
    QCOMPARE(form.proposedMethod(), "full");
    form.setGoal("task");
    QCOMPARE(form.method(), "lora");
  }

  void theLearningRateFollowsTheMethodUntilItIsTyped() {
    SettingList settings;
    QAbstractItemModelTester tester(&settings,
                                    QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(settings.number("lr"), 1.3e-3);
    settings.setMethod("full");
    QCOMPARE(settings.number("lr"), 1.3e-4);
    settings.setModelWidth(192);
    QCOMPARE(settings.number("lr"), 5.2e-4);
    QCOMPARE(settings.changedCount(), 0);
    settings.setText("lr", "0.0005");
    settings.setMethod("state");
    QCOMPARE(settings.number("lr"), 5e-4);
    QCOMPARE(settings.changedCount(), 1);
    settings.restoreDefaults();
    QCOMPARE(settings.number("lr"), 1.0);
  }

  void everyDefaultIsWhatTheProtocolSays() {
    const SettingList settings;
    RunConfig config;
    settings.apply(config);
    RunConfig expected;
    expected.lr = 1.3e-3;
    QCOMPARE(QString::fromStdString(encode(config)), QString::fromStdString(encode(expected)));
  }

  void aNumberOutOfRangeIsAProblemAndChangesNothing() {
    SettingList settings;
    settings.setText("batch", "0");
    QVERIFY(!settings.problem().isEmpty());
    QCOMPARE(settings.number("batch"), 4.0);
    settings.setText("batch", "2.5");
    QVERIFY(!settings.problem().isEmpty());
    settings.setText("batch", "many");
    QVERIFY(!settings.problem().isEmpty());
    settings.setText("batch", "8");
    QVERIFY(settings.problem().isEmpty());
  }

  void rankDoesNotCountWithoutLora() {
    SettingList settings;
    settings.setText("rank", "0");
    QVERIFY(!settings.problem().isEmpty());
    settings.setMethod("full");
    QVERIFY(settings.problem().isEmpty());
  }

  void memoryPartsFillTheBar() {
    TrainPlan plan;
    plan.setReply(planReply());
    double whole = 0;
    for (const QVariant& part : plan.segments()) whole += part.toMap()["share"].toDouble();
    QCOMPARE(whole, 1.0);
    QVERIFY(plan.fits());
    PlanReply tight = planReply();
    tight.memory_available_bytes = 500;
    plan.setReply(tight);
    QVERIFY(!plan.fits());
  }

  void theReviewMarksWhatDiffers() {
    TrainForm form;
    fill(form, m_file);
    form.setSetting("steps", "50");
    form.setPlanReply(planReply());
    bool isFound = false;
    for (const QVariant& row : form.review()) {
      const QVariantMap map = row.toMap();
      const bool isSteps = map["label"].toString() == "Steps";
      QCOMPARE(map["isChanged"].toBool(), isSteps);
      isFound = isFound || isSteps;
    }
    QVERIFY(isFound);
    QVERIFY(!form.outcome().isEmpty());
  }

  void theMaskPreviewEscapesTextAndMarksWhatIsLearned() {
    DataCheck check;
    check.setReply(checkReply(10, false));
    const QString markup = check.previewMarkup(0, Qt::green, Qt::gray);
    QVERIFY2(markup.contains("a&lt;b<br/>"), qPrintable(markup));
    QCOMPARE(markup.count("text-decoration:underline"), 1);
    QVERIFY(markup.indexOf("underline") < markup.indexOf("yes"));
    QVERIFY(check.previewText(0).contains("learned: yes"));
    QCOMPARE(check.histogram().size(), 4);  // empty tail left out
    QCOMPARE(check.histogram()[1].toMap()["label"].toString(), "32–63");
    QCOMPARE(check.previewMarkup(9, Qt::green, Qt::gray), QString());
  }

  void onlyLocalNonEmptyFilesAreData() {
    TrainForm form;
    QSignalSpy failed(&form, &TrainForm::failed);
    form.chooseData(QUrl("https://example.org/a.jsonl"));
    form.chooseData(QUrl::fromLocalFile(m_folder.path()));
    QFile empty(m_folder.filePath("empty.txt"));
    QVERIFY(empty.open(QIODevice::WriteOnly));
    empty.close();
    form.chooseData(QUrl::fromLocalFile(empty.fileName()));
    QCOMPARE(failed.count(), 3);
    QVERIFY(form.dataPath().isEmpty());
  }

 private:
  QTemporaryDir m_folder;
  QString m_file;
};

QTEST_MAIN(TrainFormTest)
#include "train_form_test.moc"
