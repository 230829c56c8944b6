// SPDX-License-Identifier: GPL-3.0-or-later
// The window: navigation on the left, one page at a time, engine trouble on top, toasts below.
// A page exists when its QML file is built in (AppInfo.hasPage).
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import QtQuick.Window
import Greylag

T.ApplicationWindow {
    id: window

    readonly property var allPages: [
        {name: "home", title: qsTr("Home"), icon: "home", file: "Home/HomePage.qml"},
        {name: "chat", title: qsTr("Chat"), icon: "chat", file: "Chat/ChatPage.qml"},
        {name: "reason", title: qsTr("Reason"), icon: "reason", file: "Reason/ReasonPage.qml"},
        {name: "models", title: qsTr("Models"), icon: "models", file: "Models/ModelsPage.qml"},
        {name: "train", title: qsTr("Train"), icon: "train", file: "Train/TrainPage.qml"},
        {name: "runs", title: qsTr("Runs"), icon: "runs", file: "Runs/RunsPage.qml"},
        {name: "server", title: qsTr("Server"), icon: "server", file: "Server/ServerPage.qml"},
        {name: "settings", title: qsTr("Settings"), icon: "settings", file: "Settings/SettingsPage.qml"}
    ]
    readonly property var pages: allPages.filter(page => AppInfo.hasPage(page.file)).map(
        (page, index) => Object.assign({shortcut: "Ctrl+" + (index + 1)}, page))
    readonly property var commands: pages.map(page => ({
        title: page.title, note: page.shortcut, icon: page.icon,
        run: () => Navigator.go(page.name, null)
    })).concat([
        {title: qsTr("New chat"), note: "Ctrl+N", icon: "plus",
         run: () => Navigator.go("chat", {isNew: true})},
        {title: qsTr("Light theme"), note: "", icon: "sun", run: () => AppSettings.theme = "light"},
        {title: qsTr("Dark theme"), note: "", icon: "moon", run: () => AppSettings.theme = "dark"},
        {title: qsTr("Larger text"), note: "Ctrl++", icon: "text",
         run: () => AppSettings.fontScale += 0.1},
        {title: qsTr("Smaller text"), note: "Ctrl+-", icon: "text",
         run: () => AppSettings.fontScale -= 0.1},
        {title: qsTr("Restart the engine"), note: "", icon: "refresh", run: () => Engine.restart()},
        {title: qsTr("Quit"), note: "Ctrl+Q", icon: "close", run: () => Qt.quit()}
    ])

    // For C++ (--page and --screenshot).
    function showPage(name) {
        Navigator.go(name, null);
    }

    width: 1180
    height: 780
    minimumWidth: 680
    minimumHeight: 520
    visible: true
    title: "Greylag"
    color: Theme.background
    font.family: Theme.family
    font.pixelSize: Theme.textBody

    // At every change: the program ends by closing, by Ctrl+Q, and by the power going.
    function rememberSize() {
        if (!window.isRestored || window.visibility !== Window.Windowed)
            return;
        AppSettings.remember("window/width", window.width);
        AppSettings.remember("window/height", window.height);
    }

    property bool isRestored: false
    property int dismissedPort: 0  // the user knows that it is taken

    onWidthChanged: rememberSize()
    onHeightChanged: rememberSize()
    onVisibilityChanged: visibility => {
        if (window.isRestored && visibility !== Window.Hidden && visibility !== Window.Minimized)
            AppSettings.remember("window/maximized", visibility === Window.Maximized);
    }
    Component.onCompleted: {
        const width = Number(AppSettings.remembered("window/width", window.width));
        const height = Number(AppSettings.remembered("window/height", window.height));
        window.width = Math.max(window.minimumWidth, Math.min(width, Screen.desktopAvailableWidth));
        window.height = Math.max(window.minimumHeight,
                                 Math.min(height, Screen.desktopAvailableHeight));
        // An ini file keeps texts.
        if (String(AppSettings.remembered("window/maximized", false)) === "true")
            window.visibility = Window.Maximized;
        window.isRestored = true;
    }

    Repeater {
        model: window.pages

        Item {
            id: entry

            required property var modelData

            Shortcut {
                sequence: entry.modelData.shortcut
                onActivated: Navigator.go(entry.modelData.name, null)
            }
        }
    }
    Shortcut {
        sequence: "Ctrl+N"
        onActivated: Navigator.go("chat", {isNew: true})
    }
    Shortcut {
        sequence: "Ctrl+K"
        onActivated: palette.open()
    }
    Shortcut {
        sequence: StandardKey.Quit
        onActivated: Qt.quit()
    }
    Shortcut {
        sequences: ["Ctrl++", "Ctrl+="]
        onActivated: AppSettings.fontScale += 0.1
    }
    Shortcut {
        sequence: "Ctrl+-"
        onActivated: AppSettings.fontScale -= 0.1
    }

    RowLayout {
        anchors.fill: parent
        spacing: 0

        NavigationRail {
            Layout.fillHeight: true
            pages: window.pages
            isWide: window.width >= 980
            onPaletteRequested: palette.open()
        }
        ColumnLayout {
            Layout.fillWidth: true
            Layout.fillHeight: true
            spacing: 0

            Banner {
                Layout.fillWidth: true
                Layout.margins: Theme.m
                Layout.bottomMargin: 0
                visible: Engine.phase === "failed" || Engine.phase === "restarting"
                kind: Engine.phase === "failed" ? "bad" : "warm"
                isBusy: Engine.phase === "restarting"
                text: Engine.message
                actionText: Engine.phase === "failed" ? qsTr("Try again") : ""
                onActionTriggered: Engine.restart()
            }
            Banner {
                Layout.fillWidth: true
                Layout.margins: Theme.m
                Layout.bottomMargin: 0
                visible: Engine.isConnected && Engine.takenPort > 0
                         && Engine.takenPort !== window.dismissedPort
                kind: "warm"
                text: qsTr("Another program uses port %1. This time your models are reached at port %2; choose another one for good in Settings.")
                      .arg(Engine.takenPort).arg(Engine.port)
                actionText: qsTr("Dismiss")
                onActionTriggered: window.dismissedPort = Engine.takenPort
            }
            Item {
                Layout.fillWidth: true
                Layout.fillHeight: true

                Repeater {
                    model: window.pages

                    Loader {
                        id: loader

                        required property var modelData
                        readonly property bool isCurrent: Navigator.page === modelData.name
                        property bool wasShown: false

                        objectName: "page-" + modelData.name
                        anchors.fill: parent
                        visible: isCurrent
                        focus: isCurrent
                        onIsCurrentChanged: if (isCurrent) wasShown = true
                        Component.onCompleted: if (isCurrent) wasShown = true
                        source: wasShown ? AppInfo.pageUrl(modelData.file) : ""
                    }
                }
            }
        }
    }
    Toast {
        parent: T.Overlay.overlay
    }
    CommandPalette {
        id: palette

        commands: window.commands
    }
}
