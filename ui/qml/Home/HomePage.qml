// SPDX-License-Identifier: GPL-3.0-or-later
// What should the user do next, what runs, what was talked about, and on what does the engine run?
import QtQuick
import QtQuick.Layouts
import Greylag

PageScaffold {
    id: root

    title: qsTr("Welcome to Greylag")
    subtitle: qsTr("Finetune, chat with and serve RWKV-7 models. Everything stays on this computer.")

    HomeOverview {
        id: overview

        engine: Engine
    }
    ChatTargets {
        id: targets

        engine: Engine
    }

    RunStrip {
        Layout.fillWidth: true
        visible: overview.hasLiveRun
        overview: overview
    }
    NextStepCard {
        Layout.fillWidth: true
        overview: overview
        targets: targets
    }
    GridLayout {
        Layout.fillWidth: true
        columns: root.width > 820 ? 2 : 1
        columnSpacing: Theme.l
        rowSpacing: Theme.l

        RecentChats {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 1
        }
        EngineCard {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 1
        }
    }
}
