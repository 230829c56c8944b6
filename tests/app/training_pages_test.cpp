// SPDX-License-Identifier: GPL-3.0-or-later
// The Models, Train and Runs pages in the real window, against the fake engine: every page and
// wizard step opens without a QML warning, and the last step starts a run. With
// GREYLAG_SCREENSHOTS=DIR each view is also written as a picture, in GREYLAG_THEME.
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
#include <memory>

#include "app/app_context.h"
#include "app/engine/engine_state.h"
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

 private:
  QQuickWindow* window() { return qobject_cast<QQuickWindow*>(m_qml->rootObjects().first()); }
  QObject* pageItem(const QString& name) {
    QQuickItem* loader = itemNamed(window()->contentItem(), "page-" + name);
    return loader ? loader->property("item").value<QObject*>() : nullptr;
  }
  void go(const QString& page) {
    QQmlExpression change(qmlContext(window()), window(),
                          QStringLiteral("Navigator.go('%1', null)").arg(page));
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
  void show(const QString& name) {
    const QString folder = qEnvironmentVariable("GREYLAG_SCREENSHOTS");
    if (folder.isEmpty()) return QCoreApplication::processEvents();
    QTest::qWait(700);
    QDir().mkpath(folder);
    QVERIFY(window()->grabWindow().save(QDir(folder).filePath(name + ".png")));
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
