use super::counter::inventory;
use super::*;
use crate::access::Role;

#[tokio::test]
async fn labels_are_those_of_the_list_and_leave_out_what_is_used() {
    each(|kit| async move {
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let path = format!("/d/{HERE}/lending/labels");
        let page = clerk.get(&format!("{path}?kind=hotspot&sheet=letter80&skip=7")).await.body;
        assert_eq!(page.matches("class=\"square\"").count(), 2, "{page}");
        assert_eq!(page.matches("class=\"bars\"").count(), 2);
        assert_eq!(page.matches("blank-label").count(), 7);
        assert!(page.contains("labels letter80") && page.contains(">HS-1<") && !page.contains("CB-1"));
        let page = clerk.get(&format!("{path}?code=bars&skip=999")).await.body;
        assert!(!page.contains("class=\"square\"") && page.matches("blank-label").count() == 29, "{page}");
        assert_eq!(kit.sign_in(Role::Teacher, HERE).await.get(&path).await.status, 403);
    })
    .await;
}
