// SPDX-License-Identifier: GPL-3.0-or-later
// The Models, Train and Runs pages in the real window, against the fake engine: every page and
// wizard step opens without a QML warning, and the last step starts a run; so does what a reasoning
// core adds to them and to Chat. With GREYLAG_SCREENSHOTS=DIR each view is also written as a
// picture, in GREYLAG_THEME, GREYLAG_LANGUAGE and GREYLAG_FONT_SCALE.
#include <QApplication>
#include <QDir>
#include <QQmlApplicationEngine>
#include <QQmlContext>
#include <QQmlExpression>
#include <QQuickItem>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtQml/QQmlExtensionPlugin>
#include <QtTest>
#include <algorithm>
#include <memory>

#include "app/app_context.h"
#include "app/engine/engine_state.h"
#include "app/runs/loss_chart.h"
#include "app/settings/app_settings.h"
#include "app/train/train_form.h"
#include "core/base/file.h"
#include "tests/support/fake_engine.h"

Q_IMPORT_QML_PLUGIN(GreylagPlugin)

namespace {

// By the tree of items: what a Repeater makes is no QObject child of the window.
QQuickItem* itemNamed(QQuickItem* root, const QString& name) {
  if (root->objectName() == name) return root;
  for (QQuickItem* child : root->childItems()) {
    if (QQuickItem* found = itemNamed(child, name)) return found;
  }
  return nullptr;
}

// The pages that scroll.
QList<QQuickItem*> flickables(QQuickItem* root) {
  QList<QQuickItem*> found;
  if (root->inherits("QQuickFlickable") && root->width() > 500) found.append(root);
  for (QQuickItem* child : root->childItems()) found += flickables(child);
  return found;
}

QList<RunSeries::Quantity> shownQuantities(QQuickItem* root) {
  QList<RunSeries::Quantity> found;
  const auto* chart = qobject_cast<LossChart*>(root);
  if (chart != nullptr && chart->isVisible()) found.append(chart->quantity());
  for (QQuickItem* child : root->childItems()) found += shownQuantities(child);
  return found;
}

}  // namespace

class TrainingPagesTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QVERIFY(m_folder.isValid() && m_fake.listen());
    m_fake.writeRecord(m_folder.path());
    const auto home = greylag::Home::open(greylag::path_from_utf8(m_folder.path().toStdString()));
    QVERIFY(home.ok());
    m_context = std::make_unique<AppContext>(*home, QString());
    QVERIFY(m_context->openChats().ok());
    m_context->settings()->setTheme(qEnvironmentVariable("GREYLAG_THEME", "light"));
    bool hasScale = false;
    const double scale = qEnvironmentVariable("GREYLAG_FONT_SCALE").toDouble(&hasScale);
    if (hasScale) m_context->settings()->setFontScale(scale);
    m_context->settings()->setLanguage(qEnvironmentVariable("GREYLAG_LANGUAGE", "en"));
    m_qml = std::make_unique<QQmlApplicationEngine>();
    connect(m_qml.get(), &QQmlEngine::warnings, this, [this](const QList<QQmlError>& errors) {
      for (const QQmlError& error : errors) m_warnings.append(error.toString());
    });
    m_context->install(m_qml.get());
    m_qml->load(QUrl("qrc:/qt/qml/Greylag/Main.qml"));
    QVERIFY(!m_qml->rootObjects().isEmpty());
    m_context->engine()->open();
    QTRY_VERIFY(m_context->engine()->isConnected());
  }

  void cleanup() { QCOMPARE(m_warnings.join('\n'), QString()); }

  // The window goes first; then the fake engine's sockets end while it still lives.
  void cleanupTestCase() {
    m_qml.reset();
    m_context->engine()->close();
    m_context.reset();
    QTest::qWait(50);
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
  }

  void theModelsPageShowsBothTabs() {
    go("models");
    show("models-installed");
    QObject* page = pageItem("models");
    QVERIFY(page);
    page->setProperty("tab", "catalogue");
    show("models-catalogue");
  }

  void anAdapterWithoutAnAlphaIsGivenOne() {
    using namespace greylag::protocol;
    AdapterStatus adapter;
    adapter.id = "imported";
    adapter.method = "lora";
    adapter.rank = 4;
    adapter.alpha = 4;
    adapter.is_alpha_assumed = adapter.is_deletable = true;
    m_fake.data.adapters.adapters.push_back(adapter);
    m_fake.sendEvent("models", QByteArray::fromStdString(encode(m_fake.data.models)));
    go("models");
    pageItem("models")->setProperty("tab", "installed");
    const auto item = [this](const char* name) {
      return itemNamed(window()->contentItem(), QString::fromLatin1(name));
    };
    QTRY_VERIFY(item("alpha:imported") && item("alpha:imported")->isVisible());
    item("alpha:imported")->forceActiveFocus(Qt::TabFocusReason);
    QTest::keyClick(window(), Qt::Key_Space);
    QTRY_VERIFY(window()->activeFocusItem()->objectName() == "alphaField");
    type("-3");
    QTest::keyClick(window(), Qt::Key_Return);
    show("models-alpha");
    m_fake.requests.clear();
    adapter.alpha = 32;
    adapter.is_alpha_assumed = false;
    m_fake.overrides["POST /engine/adapters/imported/alpha"] = {
        200, QByteArray::fromStdString(encode(adapter))};
    QTest::keyClick(window(), Qt::Key_A, Qt::ControlModifier);
    type("32");
    QTest::keyClick(window(), Qt::Key_Return);
    QTRY_VERIFY(!item("alpha:imported")->isVisible());
    QStringList told;
    for (const FakeRequest& request : m_fake.requests) {
      if (request.method == "POST") told += request.path + " " + request.body;
    }
    QCOMPARE(told, QStringList{R"(/engine/adapters/imported/alpha {"alpha":32.0})"});
    m_fake.data.adapters.adapters.pop_back();
    m_fake.overrides.remove("POST /engine/adapters/imported/alpha");
  }

  // By keys and clicks: words, a repository, a file of it.
  void huggingFaceIsSearchedAndAFileIsFetched() {
    using namespace greylag::protocol;
    go("models");
    QObject* page = pageItem("models");
    page->setProperty("tab", "catalogue");
    const auto answer = [this](const auto& value) {
      m_fake.overrides["GET /engine/hub"] = {200, QByteArray::fromStdString(encode(value))};
    };
    answer(HubRepositoryList{{{"someone/rwkv7-small", 1'234, 5}, {"other/thing", 2, 0}}});
    QQuickItem* words = itemNamed(window()->contentItem(), "hubWords");
    QVERIFY(words);
    words->forceActiveFocus(Qt::TabFocusReason);
    type("rwkv7 small");
    QTest::keyClick(window(), Qt::Key_Return);
    QTRY_VERIFY(itemNamed(window()->contentItem(), "hub:other/thing"));
    show("models-hub-repositories", 1.0);
    HubFileList files;
    files.repository = "someone/rwkv7-small";
    HubFile file;
    file.path = "gguf/rwkv7-small-q8_0.gguf";
    file.file_name = "rwkv7-small-q8_0.gguf";
    file.url = "https://host.example/a";
    file.mirrors = {"https://mirror.example/a"};
    file.size_bytes = 212'372'928;
    files.files = {file};
    answer(files);
    QQuickItem* repository = itemNamed(window()->contentItem(), "hub:someone/rwkv7-small");
    QVERIFY(repository);
    repository->forceActiveFocus(Qt::TabFocusReason);
    QTest::keyClick(window(), Qt::Key_Space);
    QTRY_VERIFY(itemNamed(window()->contentItem(), "fetch:rwkv7-small-q8_0.gguf"));
    show("models-hub-files", 1.0);
    m_fake.requests.clear();
    QQuickItem* fetch = itemNamed(window()->contentItem(), "fetch:rwkv7-small-q8_0.gguf");
    fetch->forceActiveFocus(Qt::TabFocusReason);
    QTest::keyClick(window(), Qt::Key_Space);
    const auto asked = [this]() -> const FakeRequest* {
      for (const FakeRequest& request : m_fake.requests) {
        if (request.method == "POST" && request.path == "/engine/downloads") return &request;
      }
      return nullptr;
    };
    QTRY_VERIFY(asked() != nullptr);
    const auto wanted = decode<DownloadRequest>(asked()->body.toStdString());
    QVERIFY(wanted.ok());
    QCOMPARE(wanted.value().url, file.url);
    QVERIFY(wanted.value().mirrors == file.mirrors);
    QVERIFY(wanted.value().sha256.empty());
    m_fake.overrides["GET /engine/hub"] = {
        404, R"({"error":{"message":"the host has no such file","code":"not_found"}})"};
    words->forceActiveFocus(Qt::TabFocusReason);
    QTest::keyClick(window(), Qt::Key_A, Qt::ControlModifier);
    type("no/body");
    QTest::keyClick(window(), Qt::Key_Return);
    QTRY_COMPARE(itemNamed(window()->contentItem(), "hubProblem")->property("text").toString(),
                 QString("the host has no such file"));
    m_fake.overrides.remove("GET /engine/hub");
    page->setProperty("tab", "installed");
  }

  void theWizardLeadsToAStartedRun() {
    go("train");
    QVERIFY(pageItem("train"));
    auto* form = pageItem("train")->findChild<TrainForm*>("trainForm");
    QVERIFY(form);
    QTRY_VERIFY(form->modelCount() == 2);
    QFile data(m_folder.filePath("pairs.jsonl"));
    QVERIFY(data.open(QIODevice::WriteOnly));
    data.write("{\"text\": \"hello\"}\n");
    data.close();
    form->setGoal("task");
    show("train-1-goal");
    form->next();
    form->setModelId("greylag-tiny");
    show("train-2-model");
    form->next();
    form->chooseData(QUrl::fromLocalFile(data.fileName()));
    show("train-3-data");
    form->next();
    QTRY_VERIFY(form->check()->isDone());
    QVERIFY(!form->problem().isEmpty());  // two bad rows
    show("train-4-check");
    form->setSkipBadRows(true);
    form->next();
    QTRY_VERIFY(form->plan()->isDone());
    form->setSetting("steps", "300");
    QTRY_VERIFY(!form->isPlanning());
    show("train-5-plan");
    form->next();
    QCOMPARE(form->step(), int(TrainForm::Review));
    show("train-6-review");
    QSignalSpy started(form, &TrainForm::started);
    form->start();
    QTRY_COMPARE(started.count(), 1);
    QVERIFY(wasPosted("/engine/runs", "\"steps\":300"));
  }

  void theRunsPageShowsTheStartedRun() {
    QTRY_VERIFY(pageItem("runs"));
    QCOMPARE(pageItem("runs")->property("runId").toString(), "questions");
    QTRY_VERIFY(wasPosted("/engine/runs/questions/metrics", ""));
    show("runs");
    pageItem("runs")->setProperty("runId", "first-try");
    show("runs-interrupted");
  }

  void theWizardSetsUpAReasoningCore() {
    go("train");
    auto* form = pageItem("train")->findChild<TrainForm*>("trainForm");
    QVERIFY(form);
    while (form->step() > TrainForm::Goal) form->back();
    form->setMethod("hrm");
    show("core-1-goal");
    QTRY_VERIFY(form->check()->isDone());
    form->goTo(TrainForm::Check);
    form->next();
    QCOMPARE(form->step(), int(TrainForm::Plan));
    QTRY_VERIFY(form->plan()->isDone() && !form->isPlanning());
    form->setSetting("hrm_halting", "1");
    form->setSetting("hrm_h_cycles", "3");
    QTRY_VERIFY(wasPosted("/engine/train/plan", "\"hrm_h_cycles\":3"));
    QTRY_VERIFY(!form->isPlanning());
    show("core-2-plan", 0.45);
    show("core-3-plan-end", 1);
    form->next();
    show("core-4-review");
  }

  void theRunsPageShowsWhatACoreDoes() {
    go("runs");
    pageItem("runs")->setProperty("runId", "riddles");
    const QList<RunSeries::Quantity> cycles{RunSeries::CycleLoss, RunSeries::CycleChange,
                                            RunSeries::HaltDepth};
    auto* page = qobject_cast<QQuickItem*>(pageItem("runs"));
    const auto hasAll = [&](bool wanted) {
      const QList<RunSeries::Quantity> shown = shownQuantities(page);
      return std::all_of(cycles.begin(), cycles.end(),
                         [&](auto quantity) { return shown.contains(quantity) == wanted; });
    };
    QTRY_VERIFY(hasAll(true));
    show("core-5-run", 0.27);
    show("core-6-run-end", 1);
    pageItem("runs")->setProperty("runId", "questions");
    QTRY_VERIFY(hasAll(false));
  }

  void theChatDrawerOffersACoresSliders() {
    go("chat", "{isNew: true, model: 'greylag-tiny', adapter: 'riddles@200'}");
    pageItem("chat")->setProperty("isDrawerOpen", true);
    auto* page = qobject_cast<QQuickItem*>(pageItem("chat"));
    QTRY_VERIFY(itemNamed(page, "coreOptions") && itemNamed(page, "coreOptions")->isVisible());
    QVERIFY(itemNamed(page, "coreEffort")->isVisible());
    QCOMPARE(itemNamed(page, "coreEffort")->property("value").toInt(), 3);
    show("core-7-chat");
    go("chat", "{isNew: true, model: 'greylag-tiny', adapter: 'questions@150'}");
    QTRY_VERIFY(!itemNamed(page, "coreOptions")->isVisible());
    show("core-8-chat-without");
  }

 private:
  QQuickWindow* window() { return qobject_cast<QQuickWindow*>(m_qml->rootObjects().first()); }
  QObject* pageItem(const QString& name) {
    QQuickItem* loader = itemNamed(window()->contentItem(), "page-" + name);
    return loader ? loader->property("item").value<QObject*>() : nullptr;
  }
  void go(const QString& page, const QString& wish = QStringLiteral("null")) {
    QQmlExpression change(qmlContext(window()), window(),
                          QStringLiteral("Navigator.go('%1', %2)").arg(page, wish));
    change.evaluate();
    QVERIFY2(!change.hasError(), qPrintable(change.error().toString()));
    QTRY_VERIFY(pageItem(page));
  }
  // Any request, of any method, to this path whose body holds the text.
  bool wasPosted(const QString& path, const QByteArray& text) {
    for (const FakeRequest& request : m_fake.requests) {
      if (request.path == path && request.body.contains(text)) return true;
    }
    return false;
  }
  // scroll: 0 is the page's beginning, 1 its end.
  void show(const QString& name, double scroll = 0) {
    const QString folder = qEnvironmentVariable("GREYLAG_SCREENSHOTS");
    if (folder.isEmpty()) return QCoreApplication::processEvents();
    QTest::qWait(700);
    for (QQuickItem* view : flickables(window()->contentItem())) {
      const double room = view->property("contentHeight").toDouble() - view->height();
      view->setProperty("contentY", std::max(0.0, room * scroll));
    }
    QTest::qWait(300);
    QDir().mkpath(folder);
    QVERIFY(window()->grabWindow().save(QDir(folder).filePath(name + ".png")));
  }

  void type(const char* text) {
    for (; *text != '\0'; ++text) QTest::keyClick(window(), *text);
  }

  QTemporaryDir m_folder;
  FakeEngine m_fake;
  std::unique_ptr<AppContext> m_context;
  std::unique_ptr<QQmlApplicationEngine> m_qml;
  QStringList m_warnings;
};

int main(int argc, char* argv[]) {
  QApplication application(argc, argv);
  QQuickStyle::setStyle("Basic");
  TrainingPagesTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "training_pages_test.moc"
