// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_window.h"

#include <QApplication>
#include <QDateTime>
#include <QDir>
#include <QMimeData>
#include <QQmlContext>
#include <QQmlExpression>
#include <QQuickStyle>
#include <QTest>
#include <QWheelEvent>
#include <QtQml/QQmlExtensionPlugin>

#include "core/base/file.h"

Q_IMPORT_QML_PLUGIN(GreylagPlugin)

namespace {

void gather(QQuickItem* item, const TestWindow::Test& test, QList<QQuickItem*>& found) {
  if (!item->isVisible()) return;
  if (test(item)) found.append(item);
  const QList<QQuickItem*> children = item->childItems();
  for (QQuickItem* child : children) gather(child, test, found);
}

QPointF middleOf(const QQuickItem* item) {
  return item->mapToScene(QPointF(item->width() / 2, item->height() / 2));
}

}  // namespace

TestWindow::TestWindow(const QString& language) : m_language(language) {
  fake.listen();
  fake.writeRecord(m_folder.path());
}

TestWindow::~TestWindow() { close(); }

void TestWindow::open(const QString& program) {
  const auto home = greylag::Home::open(greylag::path_from_utf8(m_folder.path().toStdString()));
  m_context =
      std::make_unique<AppContext>(*home, program.isEmpty() ? QStringLiteral("/none") : program);
  m_context->settings()->setLanguage(m_language);
  m_context->settings()->setTheme(qEnvironmentVariable("GREYLAG_THEME", "light"));
  for (const auto& [key, size] :
       {std::pair("window/width", 1000), std::pair("window/height", 640)}) {
    AppSettings* settings = m_context->settings();
    settings->remember(key, settings->remembered(key, size));
  }
  QVERIFY(m_context->openChats().ok());
  m_qml = std::make_unique<QQmlApplicationEngine>();
  QObject::connect(m_qml.get(), &QQmlEngine::warnings, m_qml.get(),
                   [this](const QList<QQmlError>& errors) {
                     for (const QQmlError& error : errors) m_warnings.append(error.toString());
                   });
  m_context->install(m_qml.get());
  m_qml->load(QUrl(QStringLiteral("qrc:/qt/qml/Greylag/Main.qml")));
  QCOMPARE(m_qml->rootObjects().size(), 1);
  m_window = qobject_cast<QQuickWindow*>(m_qml->rootObjects().first());
  m_window->show();
  m_window->requestActivate();
  QVERIFY(QTest::qWaitForWindowExposed(m_window));
  m_context->engine()->open();
  if (program.isEmpty()) QTRY_VERIFY(m_context->engine()->isConnected());
}

void TestWindow::close() {
  if (!m_context) return;
  m_window = nullptr;
  m_qml.reset();
  m_context->engine()->close();
  m_context.reset();
  QCoreApplication::processEvents();
  QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
}

void TestWindow::go(const QString& page, const QString& wish) {
  QQmlExpression change(qmlContext(m_window), m_window,
                        QStringLiteral("Navigator.go('%1', %2)").arg(page, wish));
  change.evaluate();
  QVERIFY2(!change.hasError(), qPrintable(change.error().toString()));
  QTRY_VERIFY(this->page(page) && this->page(page)->isVisible());
  QVERIFY(!m_window->grabWindow().isNull());  // laid out
}

QQuickItem* TestWindow::page(const QString& name) {
  return named(QStringLiteral("page-") + name, m_window->contentItem());
}

QStringList TestWindow::pageNames() {
  QStringList names;
  const QVariantList pages = m_window->property("pages").toList();
  for (const QVariant& page : pages) names.append(page.toMap()[QStringLiteral("name")].toString());
  return names;
}

QList<QQuickItem*> TestWindow::all(const Test& test, QQuickItem* below) {
  QList<QQuickItem*> found;
  gather(below ? below : m_window->contentItem(), test, found);
  return found;
}

QQuickItem* TestWindow::named(const QString& name, QQuickItem* below) {
  const QList<QQuickItem*> found = all(
      [&](QQuickItem* item) {
        if (item->objectName() == name) return true;
        for (const char* property : {"label", "title", "text"}) {
          if (item->property(property).toString() == name) return true;
        }
        return false;
      },
      below);
  // Of a control and the text inside it, the control.
  return found.isEmpty() ? nullptr : found.first();
}

bool TestWindow::shows(const QString& text, QQuickItem* below) {
  return !all([&](QQuickItem* item) { return item->property("text").toString().contains(text); },
              below)
              .isEmpty();
}

void TestWindow::click(QQuickItem* item) {
  QVERIFY(item);
  QTest::mouseClick(m_window, Qt::LeftButton, Qt::NoModifier, middleOf(item).toPoint());
}

void TestWindow::wheel(QQuickItem* item, int notches) {
  QVERIFY(item);
  const QPointF at = middleOf(item);
  QWheelEvent event(at, m_window->mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt::NoButton,
                    Qt::NoModifier, Qt::NoScrollPhase, false);
  // Flickable reckons speeds by it.
  event.setTimestamp(static_cast<quint64>(QDateTime::currentMSecsSinceEpoch()));
  QCoreApplication::sendEvent(m_window, &event);
}

void TestWindow::type(const QString& text) {
  for (const QChar letter : text) QTest::keyClick(m_window, letter.toLatin1());
}

void TestWindow::replaceText(QQuickItem* field, const QString& text) {
  QVERIFY(field);
  click(field);
  QTRY_VERIFY(field->hasActiveFocus());
  key(Qt::Key_A, Qt::ControlModifier);
  type(text);
}

void TestWindow::key(Qt::Key key, Qt::KeyboardModifiers modifiers) {
  QTest::keyClick(m_window, key, modifiers);
}

void TestWindow::drop(const QString& file) {
  QMimeData files;
  files.setUrls({QUrl::fromLocalFile(file)});
  const QPoint at(m_window->width() / 2, m_window->height() / 2);
  QDragEnterEvent enter(at, Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(m_window, &enter);
  QDropEvent drop(at, Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(m_window, &drop);
}

void TestWindow::shoot(const QString& name) {
  const QString folder = qEnvironmentVariable("GREYLAG_SCREENSHOTS");
  if (folder.isEmpty()) return;
  QTest::qWait(500);  // animations end
  QDir().mkpath(folder);
  m_window->grabWindow().save(QDir(folder).filePath(name + QStringLiteral(".png")));
}

int runWindowTest(QObject* test, int argc, char* argv[]) {
  QApplication application(argc, argv);
  QCoreApplication::setApplicationName(QStringLiteral("greylag"));
  QQuickStyle::setStyle(QStringLiteral("Basic"));
  return QTest::qExec(test, argc, argv);
}
